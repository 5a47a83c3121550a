//! Products of whole numbers: weights as int8 with a factor a column, the left side as int16 with a factor a row.
//!
//! With x ≈ s·q, q in ±32767, and w ≈ t·v, v in ±127, a product is s·t·Σ q·v. Processors multiply unsigned by signed
//! bytes, so q + 32768 is written as two digits, 256·h + l, and Σ q·v = 256·(Σ h·v − 128·Σ v) + Σ l·v. The sums of
//! whole numbers are exact: every path gives the same bytes, in any order and beside any number of rows.
//!
//! A panel holds 64 columns. Its unit is a word, four numbers along k of one column, kept where an f32 would be; after
//! the words of all steps follow 64 factors and 64 offsets −128·Σ v.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod plain;
mod quantise;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod tiles;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::cell::RefCell;

use super::{Out, PanelView, View};
use crate::cpu::Cpu;
use quantise::{Digits, Rows};
pub(crate) use quantise::{weight, weight_scale};

use crate::simd::vectorised;

/// Columns of a panel.
pub(super) const WIDTH: usize = 64;
/// Numbers of a column in one word.
const WORD: usize = 4;
/// k is padded to whole rows of a tile.
const K_UNIT: usize = 64;
/// Rows that one call of a kernel takes at most.
const MAX_ROWS: usize = 16;
/// The longest k: no sum of digits times weights leaves an i32.
pub(crate) const MAX_K: usize = 65_536;

/// Up to this many rows vectors are as fast as tiles.
const FEW: usize = 3;

/// Σ digit · v of one row: for the high digits, then for the low ones.
type Sums = [[i32; WIDTH]; 2];

fn words(k: usize) -> usize {
    k.next_multiple_of(K_UNIT) / WORD * WIDTH
}

/// Words of one panel with its factors and offsets.
pub(super) fn panel_len(k: usize) -> usize {
    words(k) + 2 * WIDTH
}

/// Words of all panels of B (k, n).
pub(super) fn packed_len(k: usize, n: usize) -> usize {
    n.div_ceil(WIDTH) * panel_len(k)
}

/// Packs B; element (p, j) is `b[p * strides.0 + j * strides.1]`.
pub(super) fn pack((k, n): (usize, usize), b: &[f32], strides: (usize, usize), panels: &mut [f32]) {
    assert!(k <= MAX_K, "k is too long for sums of 32 bits");
    for (first, panel) in (0..n).step_by(WIDTH).zip(panels.chunks_exact_mut(panel_len(k))) {
        panel.fill(0.0);
        let (numbers, rest) = panel.split_at_mut(words(k));
        let (scales, offsets) = rest.split_at_mut(WIDTH);
        for j in 0..WIDTH.min(n - first) {
            let column = (0..k).map(|p| b[p * strides.0 + (first + j) * strides.1]);
            let scale = weight_scale(column.clone());
            let mut sum = 0;
            for (p, x) in column.enumerate() {
                let v = weight(x, scale);
                sum += i32::from(v);
                let word = &mut numbers[p / WORD * WIDTH + j];
                let mut bytes = word.to_bits().to_le_bytes();
                bytes[p % WORD] = v as u8;
                *word = f32::from_bits(u32::from_le_bytes(bytes));
            }
            scales[j] = scale;
            offsets[j] = f32::from_bits((-128 * sum) as u32);
        }
    }
}

thread_local! {
    /// The left side of this thread's product.
    static DIGITS: RefCell<Digits> = RefCell::default();
}

/// C (m, n) = A (m, k) · B (k, n); rows of A lie along k.
pub(super) fn multiply(m: usize, a: View<'_>, b: PanelView<'_>, out: Out<'_>) {
    assert!(a.column_stride == 1 && b.data.len() >= packed_len(b.k, b.n), "A lies across or B is too short");
    multiply_by(Kernel::choose(b.cpu, m), m, a, b, out);
}

fn multiply_by(kernel: Kernel, m: usize, a: View<'_>, b: PanelView<'_>, out: Out<'_>) {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    let _tiles = (kernel == Kernel::Tiles).then(super::tile_registers::Tiles::begin);
    let mut sums = [[[0; WIDTH]; 2]; MAX_ROWS];
    DIGITS.with_borrow_mut(|digits| {
        digits.take(m, a, b.k);
        for (column, panel) in (0..b.n).step_by(WIDTH).zip(b.data.chunks_exact(panel_len(b.k))) {
            let (numbers, rest) = panel.split_at(words(b.k));
            let (scales, offsets) = rest.split_at(WIDTH);
            for start in (0..m).step_by(kernel.rows()) {
                let rows = kernel.rows().min(m - start);
                kernel.run(digits.rows(start, rows), numbers, &mut sums);
                for (i, sums) in sums[..rows].iter().enumerate() {
                    let columns = WIDTH.min(b.n - column);
                    let to = &mut out.data[(start + i) * out.stride + column..][..columns];
                    finish(sums, digits.scales[start + i], scales, offsets, to, out.accumulate);
                }
            }
        }
    });
}

vectorised! {
    /// y = s · t · (256 · (high + offset) + low), or y += …; nothing here is fused, so no path differs.
    fn finish(sums: &Sums, scale: f32, scales: &[f32], offsets: &[f32], y: &mut [f32], accumulate: bool) {
        let columns = sums[0].iter().zip(&sums[1]).zip(scales).zip(offsets);
        if accumulate {
            for (y, (((high, low), t), offset)) in y.iter_mut().zip(columns) {
                *y += value(*high, *low, *offset) * (scale * *t);
            }
        } else {
            for (y, (((high, low), t), offset)) in y.iter_mut().zip(columns) {
                *y = value(*high, *low, *offset) * (scale * *t);
            }
        }
    }
}

#[inline(always)]
fn value(high: i32, low: i32, offset: f32) -> f32 {
    high.wrapping_add(offset.to_bits() as i32) as f32 * 256.0 + low as f32
}

/// How sums are computed; all give the same.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kernel {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vnni,
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    Tiles,
}

impl Kernel {
    /// The fastest on a path for that many rows. Tiles compute sixteen rows for the price of one.
    fn choose(cpu: Cpu, rows: usize) -> Kernel {
        let available = Kernel::available(cpu);
        let suits = |kernel: &&Kernel| rows > FEW || kernel.rows() < MAX_ROWS;
        available.iter().rev().find(suits).copied().unwrap_or(Kernel::Plain)
    }

    /// Those of a path that this machine has, slowest first.
    fn available(cpu: Cpu) -> &'static [Kernel] {
        match cpu {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Cpu::Avx512 if vnni::is_supported() && super::tile_registers::has_int8() => {
                &[Kernel::Plain, Kernel::Avx2, Kernel::Vnni, Kernel::Tiles]
            }
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx512 if vnni::is_supported() => &[Kernel::Plain, Kernel::Avx2, Kernel::Vnni],
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx512 | Cpu::Avx2 => &[Kernel::Plain, Kernel::Avx2],
            _ => &[Kernel::Plain],
        }
    }

    /// How many rows one call may take.
    const fn rows(self) -> usize {
        match self {
            Kernel::Plain => 1,
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => 1,
            #[cfg(target_arch = "x86_64")]
            Kernel::Vnni => vnni::ROWS,
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Kernel::Tiles => MAX_ROWS,
        }
    }

    /// The sums of some rows, no more than the kernel takes, with the numbers of one panel.
    fn run(self, rows: Rows<'_>, numbers: &[f32], sums: &mut [Sums; MAX_ROWS]) {
        assert!(rows.count <= self.rows() && numbers.len() >= rows.depth / WORD * WIDTH, "the panel is too short");
        // SAFETY: rows and panel were checked; a kernel is only chosen where it is supported, and `multiply` has
        // configured the tiles.
        unsafe {
            match self {
                Kernel::Plain => plain::sum(rows, numbers, &mut sums[0]),
                #[cfg(target_arch = "x86_64")]
                Kernel::Avx2 => avx2::sum(rows, numbers, &mut sums[0]),
                #[cfg(target_arch = "x86_64")]
                Kernel::Vnni => vnni::sum(rows, numbers, sums),
                #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
                Kernel::Tiles => tiles::sum(rows, numbers, sums),
            }
        }
    }
}

#[cfg(test)]
mod tests;
