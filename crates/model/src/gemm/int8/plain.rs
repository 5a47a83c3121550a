//! Sums in portable code.

use super::quantise::Rows;
use super::{Sums, WIDTH, WORD};

/// The sums of one row.
pub(super) fn sum(rows: Rows<'_>, numbers: &[f32], sums: &mut Sums) {
    for (digits, sums) in rows.data.chunks_exact(rows.depth).zip(sums) {
        sums.fill(0);
        for (digits, words) in digits.chunks_exact(WORD).zip(numbers.chunks_exact(WIDTH)) {
            for (sum, word) in sums.iter_mut().zip(words) {
                let products = word.to_bits().to_le_bytes().into_iter().zip(digits);
                *sum += products.map(|(v, digit)| i32::from(v as i8) * i32::from(*digit)).sum::<i32>();
            }
        }
    }
}
