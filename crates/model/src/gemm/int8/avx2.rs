//! Sums with AVX2: words are widened to sixteen bits, which no product of theirs leaves (`vpmaddubsw` would saturate).

use std::arch::x86_64::*;

use super::quantise::Rows;
use super::{Sums, WIDTH, WORD};

/// Groups of four columns whose sums stay in registers.
const GROUPS: usize = 4;

/// The sums of one row.
///
/// # Safety
/// `numbers` must hold the words of the rows' depth, and AVX2 be supported.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn sum(rows: Rows<'_>, numbers: &[f32], sums: &mut Sums) {
    for first in (0..WIDTH).step_by(4 * GROUPS) {
        let mut acc = [[_mm256_setzero_si256(); GROUPS]; 2];
        for step in 0..rows.depth / WORD {
            let digits = [digits(rows, WORD * step), digits(rows, rows.depth + WORD * step)];
            for group in 0..GROUPS {
                // SAFETY: sixteen bytes of the step's words.
                let words = unsafe { _mm_loadu_si128(numbers.as_ptr().add(step * WIDTH + first + 4 * group).cast()) };
                let words = _mm256_cvtepi8_epi16(words);
                for (acc, digits) in acc.iter_mut().zip(digits) {
                    acc[group] = _mm256_add_epi32(acc[group], _mm256_madd_epi16(words, digits));
                }
            }
        }
        for (acc, sums) in acc.into_iter().zip(&mut *sums) {
            for (group, halves) in acc.into_iter().enumerate() {
                add_halves(halves, &mut sums[first + 4 * group..][..4]);
            }
        }
    }
}

/// Four digits of sixteen bits, four times.
#[target_feature(enable = "avx2")]
fn digits(rows: Rows<'_>, at: usize) -> __m256i {
    let four = [rows.data[at], rows.data[at + 1], rows.data[at + 2], rows.data[at + 3]];
    _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(i32::from_le_bytes(four))))
}

/// A column's sum is that of two neighbours.
#[target_feature(enable = "avx2")]
fn add_halves(halves: __m256i, sums: &mut [i32]) {
    let mut numbers = [0i32; 8];
    // SAFETY: room for eight numbers.
    unsafe { _mm256_storeu_si256(numbers.as_mut_ptr().cast(), halves) };
    for (sum, pair) in sums.iter_mut().zip(numbers.as_chunks::<2>().0) {
        *sum = pair[0] + pair[1];
    }
}
