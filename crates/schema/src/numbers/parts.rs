//! Halves and quarters of round numbers: "half a million", "three quarters of a million", "two and a half thousand",
//! "a million and a half".

use super::Decimal;
use super::factor_at;
use super::spelled::scale_word;
use crate::atom::{Atom, fold_at};

/// "half a million", "a quarter of a million", "three quarters of a million", "quarter million".
pub(super) fn part_of_scale(atoms: &[Atom<'_>], at: usize) -> Option<(Decimal, usize)> {
    let (quarters, mut n) = part_word(atoms, at)?;
    let is_whole = fold_at(atoms, at + n) == "of";
    n += usize::from(is_whole);
    let article = matches!(fold_at(atoms, at + n), "a" | "an");
    n += usize::from(article);
    let bare = n == 1 || matches!(fold_at(atoms, at), "a");
    if !article && (is_whole || !bare) {
        return None;
    }
    let scale = scale_at(atoms, at + n)?;
    Some((Decimal::whole(scale / 4 * quarters), n + 1))
}

/// "half", "a quarter", "three quarters": how many quarters, and how many atoms.
fn part_word(atoms: &[Atom<'_>], at: usize) -> Option<(u64, usize)> {
    let (quarters, n) = match fold_at(atoms, at) {
        "a" | "one" => (1, 1),
        "three" => (3, 1),
        _ => (1, 0),
    };
    match fold_at(atoms, at + n) {
        "half" if quarters == 1 => Some((2, n + 1)),
        "quarter" if quarters == 1 => Some((1, n + 1)),
        "quarter" | "quarters" if quarters == 3 => Some((3, n + 1)),
        _ => None,
    }
}

/// "and a half million": how many quarters, of what, and how many atoms.
pub(super) fn and_a_part(atoms: &[Atom<'_>], at: usize) -> Option<(u64, u64, usize)> {
    if fold_at(atoms, at) != "and" {
        return None;
    }
    let (quarters, n) = part_word(atoms, at + 1)?;
    let scale = scale_at(atoms, at + 1 + n).filter(|s| *s >= 1_000)?;
    Some((quarters, scale, n + 2))
}

/// The "and a half" of "a million and a half", but not of "a million and a half of the rest": how many quarters and atoms.
pub(super) fn part_behind(atoms: &[Atom<'_>], at: usize) -> Option<(u64, usize)> {
    if fold_at(atoms, at) != "and" || fold_at(atoms, at + 1) != "a" {
        return None;
    }
    let (quarters, n) = part_word(atoms, at + 1)?;
    let goes_on = matches!(fold_at(atoms, at + 1 + n), "of" | "the" | "that" | "our" | "all");
    (!goes_on).then_some((quarters, n + 1))
}

/// A round number that has parts: "million", "dozen", "k".
fn scale_at(atoms: &[Atom<'_>], at: usize) -> Option<u64> {
    let word = fold_at(atoms, at);
    let short = matches!(word, "k" | "mil" | "mio" | "mln" | "bn" | "grand");
    scale_word(word).or_else(|| factor_at(atoms, at).filter(|_| short))
}
