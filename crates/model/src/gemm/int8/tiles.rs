//! Sums with Intel AMX: `TDPBUSD` adds 64 products to each of 16 x 16 sums. The panels are those of the other paths:
//! a step along k of sixteen columns is a row of a tile.

use std::arch::asm;

use super::quantise::Rows;
use super::{K_UNIT, MAX_ROWS, Sums, WIDTH};

/// Bytes from one row of sums to the next.
const STRIDE: usize = size_of::<Sums>();

/// The sums of up to sixteen rows; those beyond `rows.count` mean nothing.
///
/// # Safety
/// `numbers` must hold the words of the rows' depth, and tiles be configured.
pub(super) unsafe fn sum(rows: Rows<'_>, numbers: &[f32], sums: &mut [Sums; MAX_ROWS]) {
    assert!(rows.data.len() >= 2 * MAX_ROWS * rows.depth);
    // SAFETY: both hold sixteen rows; the half's columns lie inside the panel.
    unsafe {
        for half in 0..2 {
            half_panel(rows, numbers.as_ptr().add(32 * half), sums.as_mut_ptr().cast::<i32>().add(32 * half));
        }
    }
}

/// The sums of sixteen rows and 32 columns.
///
/// # Safety
/// As [`sum`]; `numbers` and `to` must point to the columns, `to` to those of sixteen rows of sums.
unsafe fn half_panel(rows: Rows<'_>, numbers: *const f32, to: *mut i32) {
    let steps = rows.depth / K_UNIT;
    if steps == 0 {
        return;
    }
    let high = rows.data.as_ptr();
    // SAFETY: each step reads 64 digits of each kind of sixteen rows and sixteen steps of the panel.
    unsafe {
        asm!(
            "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
            "2:",
            "tileloadd tmm6, [{numbers} + {row}]",
            "tileloadd tmm4, [{high} + {digits}]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{numbers} + {row} + 64]",
            "tdpbusd tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{low} + {digits}]",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            "add {high}, 64",
            "add {low}, 64",
            "add {numbers}, 4096",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{to} + {stride}], tmm0",
            "tilestored [{to} + {stride} + 64], tmm1",
            "tilestored [{to} + {stride} + 256], tmm2",
            "tilestored [{to} + {stride} + 320], tmm3",
            high = inout(reg) high => _, low = inout(reg) high.add(rows.depth) => _,
            numbers = inout(reg) numbers => _, steps = inout(reg) steps => _,
            row = in(reg) 4 * WIDTH, digits = in(reg) 2 * rows.depth, to = in(reg) to, stride = in(reg) STRIDE,
            options(nostack)
        );
    }
}
