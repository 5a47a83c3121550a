//! Dropout whose mask is a function of seed, step, place and element, so that nothing needs to be stored and the same
//! element is dropped in the backward pass, whatever the split into threads.

use crate::simd::vectorised;

/// Where a mask applies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    /// Share of elements dropped, in 0..1.
    pub(crate) rate: f32,
    /// Seed mixed with the step and the place in the network.
    pub(crate) key: u32,
}

impl Stream {
    /// The mask of one place: layer and branch.
    pub(crate) fn at(self, place: usize) -> Stream {
        Stream { key: mix(self.key ^ (place as u32).wrapping_mul(0x9E37_79B9)), ..self }
    }
}

/// The finaliser of MurmurHash3: every input bit reaches every output bit.
#[inline(always)]
pub(crate) fn mix(mut h: u32) -> u32 {
    h ^= h >> 16;
    h = h.wrapping_mul(0x85EB_CA6B);
    h ^= h >> 13;
    h = h.wrapping_mul(0xC2B2_AE35);
    h ^ h >> 16
}

/// Zeroes dropped elements of `rows` (N, D) and scales the others by 1 / (1 − rate); `positions[i]` is the row's place
/// in the whole batch.
pub(crate) fn apply(stream: Stream, positions: &[u32], rows: &mut [f32]) {
    if stream.rate == 0.0 || positions.is_empty() {
        return;
    }
    let width = rows.len() / positions.len();
    for (position, row) in positions.iter().zip(rows.chunks_exact_mut(width)) {
        drop_row(mix(stream.key ^ *position), stream.rate, row);
    }
}

vectorised! {
    fn drop_row(key: u32, rate: f32, row: &mut [f32]) {
        let limit = (rate as f64 * 4_294_967_296.0) as u32;
        let factor = 1.0 / (1.0 - rate);
        for (i, x) in row.iter_mut().enumerate() {
            let keep = mix(key ^ (i as u32).wrapping_mul(0x9E37_79B9)) >= limit;
            *x = if keep { *x * factor } else { 0.0 };
        }
    }
}
