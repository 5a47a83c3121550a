//! Register-blocked microkernels: a tile of C stays in registers while k runs from start to end.
//!
//! | path | rows x columns | accumulators |
//! |---|---|---|
//! | `avx512` | 12 x 32 | 24 of 32 registers |
//! | `avx2` | 6 x 16 | 12 of 16 |
//! | `neon` | 6 x 16 | 24 of 32 |
//! | `plain` | 4 x 8 | 8 of 16 |

use super::vector::Vector;
use crate::cpu::Cpu;

/// Floats in the largest tile.
pub(super) const MAX_TILE: usize = 12 * 32;

/// Columns of a tile, which is the width of a packed panel.
pub(crate) const fn tile_columns(cpu: Cpu) -> usize {
    match cpu {
        Cpu::Avx512 => 32,
        Cpu::Avx2 | Cpu::Neon => 16,
        Cpu::Plain => 8,
    }
}

/// Rows of a full tile.
pub(super) const fn tile_rows(cpu: Cpu) -> usize {
    match cpu {
        Cpu::Avx512 => 12,
        Cpu::Avx2 | Cpu::Neon => 6,
        Cpu::Plain => 4,
    }
}

/// Where a tile's operands lie. Element (i, p) of A is `a[i * row_stride + p * column_stride]`, B is a panel block of
/// `k` rows, element (i, j) of C is `c[i * c_stride + j]`.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub(super) k: usize,
    pub(super) a: *const f32,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
    pub(super) b: *const f32,
    pub(super) c: *mut f32,
    pub(super) c_stride: usize,
    pub(super) accumulate: bool,
}

/// Computes one tile of M rows and N vectors.
///
/// # Safety
/// The tile's pointers must be valid for its sizes, and the caller compiled for V's instruction set.
#[expect(clippy::needless_range_loop, reason = "fixed trip counts over registers, several arrays at once")]
#[inline(always)]
unsafe fn tile<V: Vector, const M: usize, const N: usize>(t: Tile) {
    // SAFETY: all addresses lie inside the operands by the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; M];
        if t.accumulate {
            for i in 0..M {
                for j in 0..N {
                    acc[i][j] = V::load(t.c.add(i * t.c_stride + j * V::LANES));
                }
            }
        }
        // Three rows share a pointer: row + 0, 1 and 2 strides are addressing modes, so few registers move.
        let mut rows = [t.a; 4];
        for (group, row) in rows.iter_mut().enumerate() {
            *row = t.a.wrapping_add(3 * group * t.row_stride);
        }
        let mut b = t.b;
        for _ in 0..t.k {
            let mut columns = [V::splat(0.0); N];
            for j in 0..N {
                columns[j] = V::load(b.add(j * V::LANES));
            }
            for i in 0..M {
                let x = V::splat(*rows[i / 3].add(i % 3 * t.row_stride));
                for j in 0..N {
                    acc[i][j] = x.multiply_add(columns[j], acc[i][j]);
                }
            }
            for row in &mut rows {
                *row = row.wrapping_add(t.column_stride);
            }
            b = b.wrapping_add(N * V::LANES);
        }
        for i in 0..M {
            for j in 0..N {
                acc[i][j].store(t.c.add(i * t.c_stride + j * V::LANES));
            }
        }
    }
}

/// Instantiates the tile for one register type and every number of rows.
macro_rules! tiles {
    ($module:ident, $register:ty, $vectors:literal, [$($rows:literal),*] $(, $feature:literal)?) => {
        mod $module {
            use super::{Tile, tile};

            /// # Safety
            /// As [`super::tile`].
            $(#[target_feature(enable = $feature)])?
            unsafe fn fixed<const M: usize>(t: Tile) {
                // SAFETY: forwarded.
                unsafe { tile::<$register, M, $vectors>(t) }
            }

            /// # Safety
            /// As [`super::tile`]; the instruction set must be present.
            pub(super) unsafe fn run(rows: usize, t: Tile) {
                match rows {
                    // SAFETY: forwarded.
                    $($rows => unsafe { fixed::<$rows>(t) },)*
                    _ => unreachable!("a tile of {rows} rows"),
                }
            }
        }
    };
}

tiles!(plain, [f32; 4], 2, [1, 2, 3, 4]);
#[cfg(target_arch = "aarch64")]
tiles!(neon, std::arch::aarch64::float32x4_t, 4, [1, 2, 3, 4, 5, 6]);
#[cfg(target_arch = "x86_64")]
tiles!(avx2, std::arch::x86_64::__m256, 2, [1, 2, 3, 4, 5, 6], "avx2,fma");
#[cfg(target_arch = "x86_64")]
tiles!(avx512, std::arch::x86_64::__m512, 2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "avx512f,avx512vl,avx2,fma");

/// Computes one tile of `rows` rows and a panel's columns.
///
/// # Safety
/// The tile's pointers must be valid for its sizes and `cpu` supported; `rows` in 1..=`tile_rows(cpu)`.
#[inline]
pub(super) unsafe fn run(cpu: Cpu, rows: usize, t: Tile) {
    // SAFETY: forwarded.
    unsafe {
        match cpu {
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx512 => avx512::run(rows, t),
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx2 => avx2::run(rows, t),
            #[cfg(target_arch = "aarch64")]
            Cpu::Neon => neon::run(rows, t),
            _ => plain::run(rows.min(tile_rows(Cpu::Plain)), t),
        }
    }
}
