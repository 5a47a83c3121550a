//! Numbers to whole numbers: weights to int8 by column, the left side to two digits of a byte by row.

use super::{K_UNIT, MAX_ROWS};
use crate::aligned::Aligned;
use crate::gemm::View;
use crate::simd::vectorised;

/// The factor of a column of weights: its largest magnitude becomes 127.
pub(crate) fn weight_scale(column: impl Iterator<Item = f32>) -> f32 {
    let largest = column.fold(0.0f32, |max, x| max.max(x.abs()));
    if largest > 0.0 { largest / 127.0 } else { 1.0 }
}

/// A weight over its column's factor, rounded.
pub(crate) fn weight(x: f32, scale: f32) -> i8 {
    (x / scale).round().clamp(-127.0, 127.0) as i8
}

/// Rows of the left side: for each its high digits, then its low digits, each padded to whole tiles (what stands
/// there meets weights of zero).
#[derive(Default)]
pub(super) struct Digits {
    /// Padded k.
    depth: usize,
    /// Bytes; four in the place of an f32.
    data: Aligned,
    /// One factor a row.
    pub(super) scales: Vec<f32>,
}

/// Some rows of [`Digits`].
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// Bytes of one kind of digits, a multiple of 64; a row is twice as long.
    pub(super) depth: usize,
    pub(super) count: usize,
    /// The rows, and others up to sixteen.
    pub(super) data: &'a [u8],
}

impl Digits {
    /// Reads m rows of A.
    pub(super) fn take(&mut self, m: usize, a: View<'_>, k: usize) {
        self.depth = k.next_multiple_of(K_UNIT);
        self.data.resize((m + MAX_ROWS) * self.depth / 2);
        self.scales.resize(m, 0.0);
        let rows = self.data.bytes_mut().chunks_exact_mut(2 * self.depth).zip(&mut self.scales);
        for (i, (row, scale)) in rows.enumerate() {
            let (high, low) = row.split_at_mut(self.depth);
            *scale = row_digits(&a.data[i * a.row_stride..][..k], &mut high[..k], &mut low[..k]);
        }
    }

    /// `count` rows from `start` on.
    pub(super) fn rows(&self, start: usize, count: usize) -> Rows<'_> {
        assert!(start + count <= self.scales.len() && count <= MAX_ROWS, "rows {start} and {count} on");
        let row = 2 * self.depth;
        Rows { depth: self.depth, count, data: &self.data.bytes()[start * row..][..MAX_ROWS * row] }
    }
}

/// Smaller magnitudes are zero: their inverse would not be finite.
const LEAST: f32 = 1e-30;
/// Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
const ROUND: f32 = 12_582_912.0;

vectorised! {
    /// q = round(x · 32767 / max |x|) as the digits of q + 32768; returns the factor, NaN where x is not finite.
    fn row_digits(x: &[f32], high: &mut [u8], low: &mut [u8]) -> f32 {
        let largest = largest(x);
        if !largest.is_finite() {
            return f32::NAN;
        }
        let (inverse, scale) = if largest < LEAST { (0.0, 0.0) } else { (32_767.0 / largest, largest / 32_767.0) };
        for ((x, high), low) in x.iter().zip(high).zip(low) {
            let shifted = (*x * inverse + ROUND).to_bits();
            let digits = shifted.wrapping_sub(ROUND.to_bits()).wrapping_add(32_768);
            *high = (digits >> 8) as u8;
            *low = digits as u8;
        }
        scale
    }
}

/// max |x|; infinity or NaN where one is among them, since bits of magnitudes stand in their order.
#[inline(always)]
fn largest(x: &[f32]) -> f32 {
    f32::from_bits(x.iter().fold(0, |largest, x| (x.to_bits() & 0x7fff_ffff).max(largest)))
}
