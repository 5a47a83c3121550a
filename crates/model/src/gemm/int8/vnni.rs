//! Sums with AVX-512 VNNI: `vpdpbusd` adds four products to each of sixteen sums.

use std::arch::x86_64::*;

use super::quantise::Rows;
use super::{MAX_ROWS, Sums, WIDTH, WORD};

/// Rows whose sums stay in registers: eight of 32 for each.
pub(super) const ROWS: usize = 3;

pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512vnni")
}

/// The sums of up to three rows.
///
/// # Safety
/// `numbers` must hold the words of the rows' depth, and VNNI be supported.
#[inline]
pub(super) unsafe fn sum(rows: Rows<'_>, numbers: &[f32], sums: &mut [Sums; MAX_ROWS]) {
    // SAFETY: forwarded.
    unsafe {
        match rows.count {
            1 => fixed::<1>(rows, numbers, sums),
            2 => fixed::<2>(rows, numbers, sums),
            ROWS => fixed::<ROWS>(rows, numbers, sums),
            other => unreachable!("{other} rows at once"),
        }
    }
}

/// # Safety
/// As [`sum`], for M rows.
#[expect(clippy::needless_range_loop, reason = "fixed trip counts over registers, several arrays at once")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn fixed<const M: usize>(rows: Rows<'_>, numbers: &[f32], sums: &mut [Sums; MAX_ROWS]) {
    assert!(rows.data.len() >= 2 * M * rows.depth);
    let mut acc = [[[_mm512_setzero_si512(); 4]; 2]; M];
    let (mut digits, mut words) = (rows.data.as_ptr(), numbers.as_ptr());
    for _ in 0..rows.depth / WORD {
        // SAFETY: four bytes of each kind of digits of each row, and 64 words, at every step.
        unsafe {
            let columns: [__m512i; 4] = std::array::from_fn(|j| _mm512_loadu_si512(words.add(16 * j).cast()));
            for i in 0..M {
                for kind in 0..2 {
                    let at = digits.add((2 * i + kind) * rows.depth);
                    let four = _mm512_set1_epi32(at.cast::<i32>().read_unaligned());
                    for j in 0..4 {
                        acc[i][kind][j] = _mm512_dpbusd_epi32(acc[i][kind][j], four, columns[j]);
                    }
                }
            }
            digits = digits.add(WORD);
            words = words.add(WIDTH);
        }
    }
    for i in 0..M {
        for kind in 0..2 {
            for (sums, acc) in sums[i][kind].as_chunks_mut::<16>().0.iter_mut().zip(acc[i][kind]) {
                // SAFETY: room for sixteen sums.
                unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), acc) };
            }
        }
    }
}
