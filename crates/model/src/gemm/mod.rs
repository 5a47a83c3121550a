//! Matrix products in f32: C = A·B or C += A·B, with the right-hand side packed into panels.
//!
//! The contract everything else rests on: **each element of C is one chain of multiply-adds over k, in ascending order,
//! started from 0 (or from C when accumulating).** Blocking changes only when a chain is put down in memory and picked
//! up again, which is exact. A row of C is therefore the same bytes whatever the number of rows beside it and whatever
//! the number of threads. Blocking follows Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
//! (2008); elements of A are broadcast from where they lie unless they lie badly.

mod int8;
mod microkernel;
mod packed;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod tile_registers;
mod tiles;
mod vector;

pub(crate) use int8::{MAX_K as MAX_INT8_K, weight, weight_scale};
pub(crate) use packed::{Kind, Packed, PanelView, panel_width};
pub(crate) use tiles::{Parts, is_supported as tiles_are_supported};

use microkernel::{MAX_TILE, Tile};

use std::cell::RefCell;

use crate::aligned::Aligned;
use crate::cpu::Cpu;

/// Depth of a block over k: one panel block (`K_BLOCK` x panel width) stays in the first-level cache.
const K_BLOCK: usize = 256;
/// Rows of A in one block, so that the block of A stays in the second-level cache.
const M_BLOCK: usize = 240;
/// Rows this many floats apart fall into the same few lines of a cache.
const ALIASING: usize = 1024;

/// The left-hand side: element (i, k) is `data[i * row_stride + k * column_stride]`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) row_stride: usize,
    pub(crate) column_stride: usize,
}

impl<'a> View<'a> {
    /// A row-major matrix whose rows lie `stride` apart.
    pub(crate) fn rows(data: &'a [f32], stride: usize) -> View<'a> {
        View { data, row_stride: stride, column_stride: 1 }
    }

    /// The transpose of a row-major matrix whose rows lie `stride` apart.
    pub(crate) fn transposed(data: &'a [f32], stride: usize) -> View<'a> {
        View { data, row_stride: 1, column_stride: stride }
    }
}

/// The result: element (i, j) is `data[i * stride + j]`.
pub(crate) struct Out<'a> {
    pub(crate) data: &'a mut [f32],
    pub(crate) stride: usize,
    /// Add to what is there instead of replacing it.
    pub(crate) accumulate: bool,
}

/// C (m, n) = A (m, k) · B (k, n), where `b` holds the panels of B.
pub(crate) fn multiply(m: usize, a: View<'_>, b: PanelView<'_>, out: Out<'_>) {
    let (k, n) = (b.k, b.n);
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !out.accumulate {
            (0..m).for_each(|i| out.data[i * out.stride..][..n].fill(0.0));
        }
        return;
    }
    assert!((m - 1) * a.row_stride + (k - 1) * a.column_stride < a.data.len(), "A is too short");
    assert!((m - 1) * out.stride + n <= out.data.len(), "C is too short");
    match b.kind {
        Kind::Floats => {}
        Kind::Tiles(parts) => return tiles::multiply(m, a, b, parts, out),
        Kind::Bytes => return int8::multiply(m, a, b, out),
    }
    assert!(b.data.len() >= (n.div_ceil(panel_width(b.cpu)) - 1) * b.panel_stride + k * panel_width(b.cpu));
    // SAFETY: the three assertions bound every address the tiles touch; `b.cpu` was detected when packing.
    unsafe { blocks(m, a, b, out) }
}

/// Loops over blocks of k, blocks of m, panels of n, tiles of m.
///
/// # Safety
/// A, B and C must hold the whole matrices and `b.cpu` must be supported.
unsafe fn blocks(m: usize, a: View<'_>, b: PanelView<'_>, out: Out<'_>) {
    let tile_rows = microkernel::tile_rows(b.cpu);
    // With one tile of rows each panel is read once from end to end, which the hardware prefetches best.
    let k_block = if m <= tile_rows { b.k } else { K_BLOCK };
    let c = out.data.as_mut_ptr();
    let gathers = m > tile_rows && (a.column_stride != 1 || a.row_stride.is_multiple_of(ALIASING));
    for k_start in (0..b.k).step_by(k_block) {
        let depth = k_block.min(b.k - k_start);
        for m_start in (0..m).step_by(M_BLOCK) {
            let rows = M_BLOCK.min(m - m_start);
            let first = m_start * a.row_stride + k_start * a.column_stride;
            let accumulate = out.accumulate || k_start > 0;
            let mut block = Block {
                k_start,
                depth,
                m_start,
                rows,
                tile_rows,
                accumulate,
                a: a.data[first..].as_ptr(),
                tile_stride: tile_rows * a.row_stride,
                row_stride: a.row_stride,
                column_stride: a.column_stride,
            };
            let run = |block: Block| {
                // SAFETY: the block lies inside the matrices, by the caller's promise.
                unsafe { panels(block, b, c, out.stride) }
            };
            if !gathers {
                run(block);
                continue;
            }
            GATHERED.with_borrow_mut(|gathered| {
                gather(&a.data[first..], a, block, gathered);
                block.a = gathered.as_ptr();
                (block.tile_stride, block.row_stride, block.column_stride) = (tile_rows * depth, 1, tile_rows);
                run(block);
            });
        }
    }
}

thread_local! {
    /// A block of A copied for the microkernel, where it lies badly in memory.
    static GATHERED: RefCell<Aligned> = RefCell::default();
}

/// Copies a block of A tile by tile, the rows of a tile side by side for each k.
fn gather(data: &[f32], a: View<'_>, block: Block, gathered: &mut Aligned) {
    let (depth, height) = (block.depth, block.tile_rows);
    gathered.resize(block.rows.next_multiple_of(height) * depth);
    for (tile, to) in gathered.chunks_exact_mut(height * depth).enumerate() {
        let first = tile * height;
        let rows = height.min(block.rows - first);
        if a.row_stride == 1 {
            for (k, to) in to.chunks_exact_mut(height).enumerate() {
                to[..rows].copy_from_slice(&data[first + k * a.column_stride..][..rows]);
            }
        } else {
            for i in 0..rows {
                let row = &data[(first + i) * a.row_stride..];
                for (k, to) in to.chunks_exact_mut(height).enumerate() {
                    to[i] = row[k * a.column_stride];
                }
            }
        }
    }
}

/// One block of A against all of B.
#[derive(Clone, Copy)]
struct Block {
    k_start: usize,
    depth: usize,
    m_start: usize,
    rows: usize,
    tile_rows: usize,
    accumulate: bool,
    /// First element of the block of A, and the distances from tile to tile, row to row and k to k.
    a: *const f32,
    tile_stride: usize,
    row_stride: usize,
    column_stride: usize,
}

/// # Safety
/// As [`blocks`]; `c` points to the first element of C.
unsafe fn panels(block: Block, b: PanelView<'_>, c: *mut f32, stride: usize) {
    let width = panel_width(b.cpu);
    let mut column = 0;
    while column < b.n {
        let columns = width.min(b.n - column);
        // SAFETY: within the panels' length, checked by `multiply`.
        let panel = unsafe { b.data.as_ptr().add(column / width * b.panel_stride + block.k_start * width) };
        for (i, row) in (0..block.rows).step_by(block.tile_rows).enumerate() {
            let rows = block.tile_rows.min(block.rows - row);
            // SAFETY: row and column lie inside A and C, checked by `multiply`.
            unsafe {
                let tile = Tile {
                    k: block.depth,
                    a: block.a.add(i * block.tile_stride),
                    row_stride: block.row_stride,
                    column_stride: block.column_stride,
                    b: panel,
                    c: c.add((block.m_start + row) * stride + column),
                    c_stride: stride,
                    accumulate: block.accumulate,
                };
                if columns == width { microkernel::run(b.cpu, rows, tile) } else { edge(b.cpu, rows, columns, tile) }
            }
        }
        column += width;
    }
}

/// A tile over fewer columns than a panel has: computed whole in a scratch tile, then copied in part.
///
/// # Safety
/// As [`microkernel::run`], for `columns` columns of C.
unsafe fn edge(cpu: Cpu, rows: usize, columns: usize, tile: Tile) {
    let width = panel_width(cpu);
    let mut scratch = [0.0f32; MAX_TILE];
    // SAFETY: the scratch tile holds rows * width floats; C holds `columns` floats at each of `rows` rows.
    unsafe {
        if tile.accumulate {
            for i in 0..rows {
                let from = tile.c.add(i * tile.c_stride);
                std::ptr::copy_nonoverlapping(from, scratch.as_mut_ptr().add(i * width), columns);
            }
        }
        microkernel::run(cpu, rows, Tile { c: scratch.as_mut_ptr(), c_stride: width, ..tile });
        for i in 0..rows {
            let to = tile.c.add(i * tile.c_stride);
            std::ptr::copy_nonoverlapping(scratch.as_ptr().add(i * width), to, columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from -1 to 1, for the tests of every kind of product.
    pub(super) fn numbers(len: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..len).map(|_| next()).collect()
    }

    /// One chain over k per element, the definition.
    fn chain(a: View<'_>, b: &[f32], (m, k, n): (usize, usize, usize), start: &[f32]) -> Vec<f32> {
        let mut c = start.to_vec();
        for i in 0..m {
            for j in 0..n {
                for p in 0..k {
                    let x = a.data[i * a.row_stride + p * a.column_stride];
                    c[i * n + j] = x.mul_add(b[p * n + j], c[i * n + j]);
                }
            }
        }
        c
    }

    #[test]
    fn every_path_computes_the_chain_for_every_shape() {
        let shapes = [(1, 3, 5), (7, 300, 33), (8, 256, 32), (13, 513, 64), (300, 17, 40), (32, 64, 1), (3, 0, 4)];
        for cpu in Cpu::available() {
            for (m, k, n) in shapes {
                let (a, b, start) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
                let packed = Packed::from_rows(cpu, k, n, &b, n);
                let want = chain(View::rows(&a, k), &b, (m, k, n), &start);
                let mut c = start.clone();
                multiply(m, View::rows(&a, k), packed.view(), Out { data: &mut c, stride: n, accumulate: true });
                for (x, y) in c.iter().zip(&want) {
                    let close = if cpu == Cpu::Plain { (x - y).abs() < 1e-4 } else { x.to_bits() == y.to_bits() };
                    assert!(close, "{cpu} {m}x{k}x{n}: {x} is not {y}");
                }
            }
        }
    }

    #[test]
    fn a_row_is_the_same_bytes_beside_any_number_of_rows() {
        let (k, n) = (704, 96);
        let (a, w) = (numbers(40 * k, 5), numbers(n * k, 6));
        for cpu in Cpu::available() {
            let packed = Packed::from_columns(cpu, k, n, &w, k);
            let mut all = vec![0.0; 40 * n];
            multiply(40, View::rows(&a, k), packed.view(), Out { data: &mut all, stride: n, accumulate: false });
            for m in [1, 7, 32] {
                let mut some = vec![f32::NAN; m * n];
                multiply(m, View::rows(&a, k), packed.view(), Out { data: &mut some, stride: n, accumulate: false });
                assert!(some.iter().zip(&all).all(|(x, y)| x.to_bits() == y.to_bits()), "{cpu} {m}");
            }
        }
    }

    #[test]
    fn transposed_views_and_column_packing_agree_with_rows() {
        let (m, k, n) = (19, 37, 45);
        let (a, b) = (numbers(m * k, 7), numbers(k * n, 8));
        let a_t: Vec<f32> = (0..k * m).map(|i| a[i % m * k + i / m]).collect();
        let b_t: Vec<f32> = (0..n * k).map(|i| b[i % k * n + i / k]).collect();
        for cpu in Cpu::available() {
            let (mut x, mut y) = (vec![0.0; m * n], vec![0.0; m * n]);
            let by_rows = Packed::from_rows(cpu, k, n, &b, n);
            multiply(m, View::rows(&a, k), by_rows.view(), Out { data: &mut x, stride: n, accumulate: false });
            let by_columns = Packed::from_columns(cpu, k, n, &b_t, k);
            let a_t = View::transposed(&a_t, m);
            multiply(m, a_t, by_columns.view(), Out { data: &mut y, stride: n, accumulate: false });
            assert_eq!(x, y, "{cpu}");
        }
    }
}
