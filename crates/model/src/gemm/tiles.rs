//! Products through tiles of bf16 with sums in f32: Intel AMX (`TDPBF16PS`), sixteen rows by sixteen columns by
//! thirty-two k in one instruction.
//!
//! A number is split into [`Parts`]: one bf16 is the number rounded; three add up to the f32 itself (8 + 8 + 8 bits of
//! significand), and six of their nine products carry a product of f32 to its last bits (Henry, Tang and Heinecke,
//! "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations", 2019).
//!
//! Both operands are packed into tiles of 16 x 16 pairs; a pair holds the elements 2p and 2p + 1 along k. A tile of the
//! left side has a row of A in each row, a tile of the right side a pair of rows of B. Each element of C is summed along
//! k in one fixed order, so a row is the same bytes beside any number of rows, as with the f32 kernels; the bytes are
//! not those of the f32 kernels.

#![cfg_attr(not(all(target_arch = "x86_64", target_os = "linux")), allow(dead_code))]

use crate::gemm::{Out, PanelView, View};

/// Columns of a panel and rows of a block: two tiles.
pub(super) const WIDTH: usize = 32;
/// Elements of k in one tile.
const DEPTH: usize = 32;
/// Pairs in one tile.
const TILE: usize = 256;

/// How many bf16 stand for one f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    /// The number rounded to bf16.
    One = 1,
    /// Three that add up to the number.
    Three = 3,
}

/// Whether this machine multiplies tiles; the first call asks the kernel for leave to use them.
pub(crate) fn is_supported() -> bool {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    {
        super::tile_registers::has_bf16()
    }
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    {
        false
    }
}

/// Pairs in the panels of B (k, n); a pair takes the place of an f32.
pub(super) fn packed_len(k: usize, n: usize, parts: Parts) -> usize {
    n.div_ceil(WIDTH) * panel_len(k, parts)
}

pub(super) fn panel_len(k: usize, parts: Parts) -> usize {
    k.div_ceil(DEPTH) * step_len(parts)
}

/// Pairs of one step along k: for each part the two tiles of a panel.
const fn step_len(parts: Parts) -> usize {
    2 * TILE * parts as usize
}

/// Which way the elements of an operand lie, seen from a tile.
#[derive(Clone, Copy)]
enum Lies {
    /// Neighbours along k lie side by side, rows (of A) or columns (of B) `stride` apart.
    AlongK { stride: usize },
    /// Neighbours along k lie `stride` apart, rows or columns side by side.
    Across { stride: usize },
}

/// Packs B given by rows into `panels`: element (p, j) is `b[p * stride + j]`.
pub(super) fn pack_rows(parts: Parts, (k, n): (usize, usize), b: &[f32], stride: usize, panels: &mut [f32]) {
    pack_all(parts, (k, n), b, Lies::Across { stride }, false, panels);
}

/// Packs B given by columns into `panels`: element (p, j) is `b[j * stride + p]`.
pub(super) fn pack_columns(parts: Parts, (k, n): (usize, usize), b: &[f32], stride: usize, panels: &mut [f32]) {
    pack_all(parts, (k, n), b, Lies::AlongK { stride }, true, panels);
}

/// Packs every panel of `WIDTH` rows or columns; `turns` where a tile holds what is loaded turned over.
fn pack_all(parts: Parts, (k, n): (usize, usize), data: &[f32], lies: Lies, turns: bool, panels: &mut [f32]) {
    let steps = k.div_ceil(DEPTH);
    for (first, panel) in (0..n).step_by(WIDTH).zip(panels.chunks_exact_mut((steps * step_len(parts)).max(1))) {
        for (step, tiles) in panel.chunks_exact_mut(step_len(parts)).enumerate() {
            for half in 0..2 {
                let at = first + half * 16;
                let corner = Corner { row: at, rows: n.saturating_sub(at).min(16), k: step * DEPTH, depth: k };
                pack_tile(parts, data, lies, corner, turns, &mut tiles[half * TILE..]);
            }
        }
    }
}

/// The elements that one tile takes: rows (columns of B) `row..row + rows`, k from `k` to at most `depth`.
#[derive(Clone, Copy)]
struct Corner {
    row: usize,
    rows: usize,
    k: usize,
    depth: usize,
}

/// One tile of every part, two tiles apart.
fn pack_tile(parts: Parts, data: &[f32], lies: Lies, corner: Corner, turns: bool, to: &mut [f32]) {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    {
        let last = match lies {
            _ if corner.rows == 0 => 0,
            Lies::AlongK { stride } => (corner.row + corner.rows - 1) * stride + corner.depth,
            Lies::Across { stride } => (corner.depth - 1) * stride + corner.row + corner.rows,
        };
        assert!(last <= data.len(), "the operand is too short");
        assert!(to.len() >= (2 * parts as usize - 1) * TILE, "the tiles are too few");
        // SAFETY: the assertions bound every address; tiles are only packed where they are supported.
        unsafe { amx::pack_tile(parts, data, lies, corner, turns, to) }
    }
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    {
        let _ = (parts, data, lies, corner, turns, to);
        unreachable!("tiles are not supported here")
    }
}

/// C (m, n) = A (m, k) · B (k, n) through tiles; A is packed a panel of rows at a time.
pub(super) fn multiply(m: usize, a: View<'_>, b: PanelView<'_>, parts: Parts, out: Out<'_>) {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    amx::multiply(m, a, b, parts, out);
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    {
        let _ = (m, a, b, parts, out);
        unreachable!("tiles are not supported here")
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx {
    use std::arch::asm;
    use std::arch::x86_64::*;
    use std::cell::RefCell;

    use super::{Corner, Lies, Parts, TILE, WIDTH, pack_all, packed_len, panel_len};
    use crate::aligned::Aligned;
    use crate::gemm::tile_registers::Tiles;
    use crate::gemm::{Out, PanelView, View};

    thread_local! {
        /// A panel of rows of A in tiles, which stays in the first-level cache while the panels of B pass by.
        static BLOCK: RefCell<Aligned> = RefCell::default();
    }

    pub(super) fn multiply(m: usize, a: View<'_>, b: PanelView<'_>, parts: Parts, out: Out<'_>) {
        assert!(b.data.len() >= packed_len(b.k, b.n, parts), "B is too short");
        let lies = match a {
            View { column_stride: 1, row_stride, .. } => Lies::AlongK { stride: row_stride },
            View { row_stride: 1, column_stride, .. } => Lies::Across { stride: column_stride },
            _ => unreachable!("one of A's strides is 1"),
        };
        let turns = matches!(lies, Lies::Across { .. });
        let _tiles = Tiles::begin();
        BLOCK.with_borrow_mut(|block| {
            for start in (0..m).step_by(WIDTH) {
                let rows = WIDTH.min(m - start);
                block.resize(packed_len(b.k, rows, parts));
                pack_all(parts, (b.k, rows), &a.data[start * a.row_stride..], lies, turns, block);
                // SAFETY: `super::super::multiply` checked that C holds m rows of n; the packed sides were sized for it.
                unsafe { panels(block, (start, rows), b, parts, out.data.as_mut_ptr(), &out) };
            }
        });
    }

    /// One panel of A against all of B.
    ///
    /// # Safety
    /// `c` must be valid for all rows of the block and B's columns; tiles must be configured.
    unsafe fn panels(
        block: &[f32],
        (start, rows): (usize, usize),
        b: PanelView<'_>,
        parts: Parts,
        c: *mut f32,
        out: &Out<'_>,
    ) {
        let len = panel_len(b.k, parts);
        for column in (0..b.n).step_by(WIDTH) {
            let panel = &b.data[column / WIDTH * len..][..len];
            let size = (rows, WIDTH.min(b.n - column));
            // SAFETY: start and column lie inside C.
            unsafe {
                let at =
                    Place { c: c.add(start * out.stride + column), stride: out.stride, accumulate: out.accumulate };
                if size == (WIDTH, WIDTH) {
                    square(block, panel, parts, at)
                } else {
                    edge(block, panel, parts, at, size)
                }
            }
        }
    }

    /// Where a square of C lies.
    #[derive(Clone, Copy)]
    struct Place {
        c: *mut f32,
        stride: usize,
        accumulate: bool,
    }

    /// A square that C holds in part only: computed whole beside it, then copied.
    ///
    /// # Safety
    /// As [`square`], for the given rows and columns.
    unsafe fn edge(a: &[f32], b: &[f32], parts: Parts, at: Place, (rows, columns): (usize, usize)) {
        let mut whole = [0.0f32; WIDTH * WIDTH];
        let copy = |from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize| {
            for i in 0..rows {
                // SAFETY: both hold `columns` floats at each of `rows` rows.
                unsafe { std::ptr::copy_nonoverlapping(from.add(i * from_stride), to.add(i * to_stride), columns) };
            }
        };
        if at.accumulate {
            copy(at.c, at.stride, whole.as_mut_ptr(), WIDTH);
        }
        // SAFETY: `whole` is a full square.
        unsafe { square(a, b, parts, Place { c: whole.as_mut_ptr(), stride: WIDTH, ..at }) };
        copy(whole.as_ptr(), WIDTH, at.c, at.stride);
    }

    /// 32 x 32 elements of C from a panel of A and a panel of B.
    ///
    /// # Safety
    /// `at` must be a whole square; tiles must be configured.
    unsafe fn square(a: &[f32], b: &[f32], parts: Parts, at: Place) {
        let (stride, right, below) = (at.stride * 4, at.c.wrapping_add(16), at.c.wrapping_add(16 * at.stride));
        let corner = below.wrapping_add(16);
        // SAFETY: the square is valid; sixteen rows of sixteen floats each are read or written.
        unsafe {
            if at.accumulate {
                asm!("tileloadd tmm0, [{0} + {4}]", "tileloadd tmm1, [{1} + {4}]", "tileloadd tmm2, [{2} + {4}]",
                     "tileloadd tmm3, [{3} + {4}]", in(reg) at.c, in(reg) right, in(reg) below, in(reg) corner,
                     in(reg) stride, options(nostack, readonly));
            } else {
                asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3", options(nostack, nomem));
            }
            match parts {
                Parts::One => sum_rounded(a, b),
                Parts::Three => sum_exact(a, b),
            }
            asm!("tilestored [{0} + {4}], tmm0", "tilestored [{1} + {4}], tmm1", "tilestored [{2} + {4}], tmm2",
                 "tilestored [{3} + {4}], tmm3", in(reg) at.c, in(reg) right, in(reg) below, in(reg) corner,
                 in(reg) stride, options(nostack));
        }
    }

    /// Adds the products of all steps along k, one bf16 a number.
    ///
    /// # Safety
    /// Tiles must be configured.
    unsafe fn sum_rounded(a: &[f32], b: &[f32]) {
        let steps = a.len() / (2 * TILE);
        if steps == 0 {
            return;
        }
        // SAFETY: each step reads two tiles of 1,024 bytes from each side.
        unsafe {
            asm!(
                "2:",
                "tileloadd tmm4, [{a} + {row}]",
                "tileloadd tmm6, [{b} + {row}]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{b} + {row} + 1024]",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{a} + {row} + 1024]",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {a}, 2048",
                "add {b}, 2048",
                "dec {steps}",
                "jnz 2b",
                a = inout(reg) a.as_ptr() => _, b = inout(reg) b.as_ptr() => _, steps = inout(reg) steps => _,
                row = in(reg) 64usize, options(nostack, readonly)
            );
        }
    }

    /// Adds the products of all steps along k, three bf16 a number: first those of the lower parts (low · high,
    /// middle · high, middle · middle, high · middle, high · low), while the sums are small and round little, then
    /// high · high.
    ///
    /// # Safety
    /// Tiles must be configured.
    unsafe fn sum_exact(a: &[f32], b: &[f32]) {
        let steps = a.len() / (6 * TILE);
        if steps == 0 {
            return;
        }
        macro_rules! products {
            () => {
                "tdpbf16ps tmm0, tmm4, tmm6
                 tdpbf16ps tmm1, tmm4, tmm7
                 tdpbf16ps tmm2, tmm5, tmm6
                 tdpbf16ps tmm3, tmm5, tmm7"
            };
        }
        // SAFETY: each step reads six tiles of 1,024 bytes from each side.
        unsafe {
            asm!(
                "2:",
                "tileloadd tmm4, [{a} + {row} + 4096]",
                "tileloadd tmm5, [{a} + {row} + 5120]",
                "tileloadd tmm6, [{b} + {row}]",
                "tileloadd tmm7, [{b} + {row} + 1024]",
                products!(),
                "tileloadd tmm4, [{a} + {row} + 2048]",
                "tileloadd tmm5, [{a} + {row} + 3072]",
                products!(),
                "tileloadd tmm6, [{b} + {row} + 2048]",
                "tileloadd tmm7, [{b} + {row} + 3072]",
                products!(),
                "tileloadd tmm4, [{a} + {row}]",
                "tileloadd tmm5, [{a} + {row} + 1024]",
                products!(),
                "tileloadd tmm6, [{b} + {row} + 4096]",
                "tileloadd tmm7, [{b} + {row} + 5120]",
                products!(),
                "add {a}, 6144",
                "add {b}, 6144",
                "dec {steps}",
                "jnz 2b",
                a = inout(reg) a.as_ptr() => _, b = inout(reg) b.as_ptr() => _, steps = inout(reg) steps => _,
                row = in(reg) 64usize, options(nostack, readonly)
            );
            asm!(
                "2:",
                "tileloadd tmm4, [{a} + {row}]",
                "tileloadd tmm5, [{a} + {row} + 1024]",
                "tileloadd tmm6, [{b} + {row}]",
                "tileloadd tmm7, [{b} + {row} + 1024]",
                products!(),
                "add {a}, 6144",
                "add {b}, 6144",
                "dec {steps}",
                "jnz 2b",
                a = inout(reg) a.as_ptr() => _, b = inout(reg) b.as_ptr() => _, steps = inout(reg) steps => _,
                row = in(reg) 64usize, options(nostack, readonly)
            );
        }
    }

    /// One tile of every part.
    ///
    /// # Safety
    /// The corner must lie inside `data`, `to` must hold the tiles, and AVX-512 must be supported.
    pub(super) unsafe fn pack_tile(
        parts: Parts,
        data: &[f32],
        lies: Lies,
        corner: Corner,
        turns: bool,
        to: &mut [f32],
    ) {
        // SAFETY: forwarded.
        unsafe {
            match parts {
                Parts::One => pack::<1>(data, lies, corner, turns, to),
                Parts::Three => pack::<3>(data, lies, corner, turns, to),
            }
        }
    }

    /// # Safety
    /// As [`pack_tile`].
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
    unsafe fn pack<const PARTS: usize>(data: &[f32], lies: Lies, corner: Corner, turns: bool, to: &mut [f32]) {
        let mut rows = [[_mm512_setzero_si512(); 16]; PARTS];
        // SAFETY: forwarded.
        unsafe {
            match lies {
                Lies::AlongK { stride } => load_along(data, stride, corner, &mut rows),
                Lies::Across { stride } => load_across(data, stride, corner, &mut rows),
            }
        }
        for (part, rows) in rows.iter_mut().enumerate() {
            if turns {
                *rows = turned(*rows);
            }
            let to = &mut to[part * 2 * TILE..][..TILE];
            for (row, to) in rows.iter().zip(to.chunks_exact_mut(16)) {
                // SAFETY: sixteen floats' room.
                unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), *row) };
            }
        }
    }

    /// The lanes below `count`.
    fn lanes(count: usize) -> __mmask16 {
        if count >= 16 { 0xffff } else { (1u16 << count) - 1 }
    }

    /// Row i: sixteen pairs along k, from thirty-two elements side by side.
    ///
    /// # Safety
    /// As [`pack_tile`].
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
    unsafe fn load_along<const PARTS: usize>(
        data: &[f32],
        stride: usize,
        corner: Corner,
        rows: &mut [[__m512i; 16]; PARTS],
    ) {
        let left = corner.depth - corner.k;
        for i in 0..corner.rows {
            // SAFETY: the masks keep to the row's elements.
            let (mut low, mut high) = unsafe {
                let from = data.as_ptr().add((corner.row + i) * stride + corner.k);
                let rest = left.saturating_sub(16);
                (_mm512_maskz_loadu_ps(lanes(left), from), _mm512_maskz_loadu_ps(lanes(rest), from.wrapping_add(16)))
            };
            for part in rows.iter_mut() {
                let both = pairs(low, high);
                part[i] = both;
                if PARTS > 1 {
                    let floats = |half: __m256i| _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(half));
                    let (a, b) = (_mm512_castsi512_si256(both), _mm512_extracti64x4_epi64::<1>(both));
                    low = _mm512_sub_ps(low, _mm512_castsi512_ps(floats(a)));
                    high = _mm512_sub_ps(high, _mm512_castsi512_ps(floats(b)));
                }
            }
        }
    }

    /// Row p: the pair 2p, 2p + 1 of k, of sixteen rows (of A) or columns (of B) side by side.
    ///
    /// # Safety
    /// As [`pack_tile`].
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
    unsafe fn load_across<const PARTS: usize>(
        data: &[f32],
        stride: usize,
        corner: Corner,
        rows: &mut [[__m512i; 16]; PARTS],
    ) {
        let left = corner.depth - corner.k;
        let mask = lanes(corner.rows);
        let load = |k: usize| {
            let mask = if k < left { mask } else { 0 };
            // SAFETY: the mask is empty beyond k, and keeps to the corner's rows before.
            unsafe { _mm512_maskz_loadu_ps(mask, data.as_ptr().wrapping_add((corner.k + k) * stride + corner.row)) }
        };
        let index = interleaved();
        for p in 0..16 {
            let (mut even, mut odd) = (load(2 * p), load(2 * p + 1));
            for part in rows.iter_mut() {
                let both = _mm512_permutexvar_epi16(index, pairs(even, odd));
                part[p] = both;
                if PARTS > 1 {
                    let upper = _mm512_and_si512(both, _mm512_set1_epi32(0xffff_0000_u32 as i32));
                    even = _mm512_sub_ps(even, _mm512_castsi512_ps(_mm512_slli_epi32::<16>(both)));
                    odd = _mm512_sub_ps(odd, _mm512_castsi512_ps(upper));
                }
            }
        }
    }

    /// Thirty-two numbers to the nearest bf16, ties to even: those of `low`, then those of `high`.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
    fn pairs(low: __m512, high: __m512) -> __m512i {
        // SAFETY: both are sixty-four bytes without invalid values.
        unsafe { std::mem::transmute(_mm512_cvtne2ps_pbh(high, low)) }
    }

    /// Word i of the first sixteen, then word i of the last: the order of pairs.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
    fn interleaved() -> __m512i {
        let mut index = [0i16; 32];
        index.iter_mut().enumerate().for_each(|(i, at)| *at = (i / 2 + i % 2 * 16) as i16);
        // SAFETY: sixty-four bytes.
        unsafe { _mm512_loadu_si512(index.as_ptr().cast()) }
    }

    /// The transpose of sixteen rows of sixteen.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
    fn turned(r: [__m512i; 16]) -> [__m512i; 16] {
        let mut a = r;
        for i in (0..16).step_by(2) {
            a[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
            a[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
        }
        let mut b = a;
        for i in (0..16).step_by(4) {
            b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
            b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
            b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
            b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
        }
        // b[4g + c]: column c (and c + 4, c + 8, c + 12 in the other lanes) of rows 4g..4g + 4.
        let mut out = r;
        for c in 0..4 {
            let low = _mm512_shuffle_i32x4::<0x88>(b[c], b[4 + c]);
            let high = _mm512_shuffle_i32x4::<0x88>(b[8 + c], b[12 + c]);
            let low_odd = _mm512_shuffle_i32x4::<0xdd>(b[c], b[4 + c]);
            let high_odd = _mm512_shuffle_i32x4::<0xdd>(b[8 + c], b[12 + c]);
            out[c] = _mm512_shuffle_i32x4::<0x88>(low, high);
            out[8 + c] = _mm512_shuffle_i32x4::<0xdd>(low, high);
            out[4 + c] = _mm512_shuffle_i32x4::<0x88>(low_odd, high_odd);
            out[12 + c] = _mm512_shuffle_i32x4::<0xdd>(low_odd, high_odd);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbers;
    use super::super::{Packed, multiply};
    use super::*;

    fn bf16(x: f32) -> f64 {
        let bits = x.to_bits();
        f64::from(f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
    }

    const SHAPES: [(usize, usize, usize); 8] =
        [(1, 3, 5), (7, 300, 33), (16, 32, 16), (32, 64, 32), (130, 513, 64), (300, 17, 40), (40, 704, 1), (3, 0, 4)];

    /// Largest error of a product against f64, over the sum of magnitudes; numbers as `of` reads them.
    fn error(parts: Parts, (m, k, n): (usize, usize, usize), turned: bool, of: impl Fn(f32) -> f64) -> f64 {
        let (a, b, start) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
        let a_t: Vec<f32> = (0..k * m).map(|i| a[i % m * k + i / m]).collect();
        let b_t: Vec<f32> = (0..n * k).map(|i| b[i % k * n + i / k]).collect();
        let mut panels = Packed::tiles(parts);
        match turned {
            false => panels.pack_rows(k, n, &b, n),
            true => panels.pack_columns(k, n, &b_t, k),
        }
        let left = if turned { View::transposed(&a_t, m) } else { View::rows(&a, k) };
        let mut c = start.clone();
        multiply(m, left, panels.view(), Out { data: &mut c, stride: n, accumulate: true });
        let mut worst = 0.0f64;
        for i in 0..m {
            for j in 0..n {
                let terms = || (0..k).map(|p| of(a[i * k + p]) * of(b[p * n + j]));
                let want = f64::from(start[i * n + j]) + terms().sum::<f64>();
                let scale = 1.0 + terms().map(f64::abs).sum::<f64>();
                worst = worst.max((f64::from(c[i * n + j]) - want).abs() / scale);
            }
        }
        worst
    }

    #[test]
    fn one_part_multiplies_rounded_numbers_and_three_parts_whole_ones() {
        if !is_supported() {
            return;
        }
        for shape in SHAPES {
            for turned in [false, true] {
                let rounded = error(Parts::One, shape, turned, bf16);
                assert!(rounded < 1e-6, "{shape:?}, turned {turned}: {rounded:e}");
                let whole = error(Parts::Three, shape, turned, f64::from);
                assert!(whole < 1e-6, "{shape:?}, turned {turned}: {whole:e}");
            }
        }
    }

    #[test]
    fn a_row_is_the_same_bytes_beside_any_number_of_rows() {
        if !is_supported() {
            return;
        }
        let (k, n) = (704, 96);
        let (a, w) = (numbers(300 * k, 5), numbers(n * k, 6));
        for parts in [Parts::One, Parts::Three] {
            let mut panels = Packed::tiles(parts);
            panels.pack_columns(k, n, &w, k);
            let product = |m: usize| {
                let mut c = vec![f32::NAN; m * n];
                multiply(m, View::rows(&a, k), panels.view(), Out { data: &mut c, stride: n, accumulate: false });
                c
            };
            let all = product(300);
            for m in [1, 7, 32, 129] {
                assert!(product(m).iter().zip(&all).all(|(x, y)| x.to_bits() == y.to_bits()), "{parts:?} {m}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        if !is_supported() {
            return;
        }
        let mut panels = Packed::tiles(Parts::One);
        panels.pack_rows(1, 2, &[1.0, 2.0], 2);
        let mut c = [0.0; 2];
        let a = [f32::from_bits(0x7fff_ffff)];
        multiply(1, View::rows(&a, 1), panels.view(), Out { data: &mut c, stride: 2, accumulate: false });
        assert!(c.iter().all(|x| x.is_nan()));
    }
}
