//! Currencies around an amount: "$5", "5 EUR", "Rs. 500", and those that say a factor too: "TEUR 1200", "500 k€", "1.2 EURm".

use super::spelled::spelled;
use crate::atom::{Atom, fold_at, is_glued_at, is_mark_at};
use crate::slot::NumberUnit;

/// What stands before the digits of an amount.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prefix {
    /// How many atoms; none where no currency is said.
    pub(super) len: usize,
    /// 1000 in "TEUR 1200", else 1.
    pub(super) factor: u64,
    /// Of Indian money "cr" and "L" are factors; elsewhere they are other abbreviations.
    is_rupee: bool,
}

impl Prefix {
    /// "₹2.5 cr", "Rs 50L".
    pub(super) fn factor_behind(self, atoms: &[Atom<'_>], at: usize) -> Option<u64> {
        match fold_at(atoms, at) {
            "cr" | "crs" if self.is_rupee => Some(10_000_000),
            "l" if self.is_rupee && is_glued_at(atoms, at) => Some(100_000),
            _ => None,
        }
    }
}

/// The currency before the digits: "$", "US$", "EUR", "Rs.", "k EUR", "T€", "TEUR".
pub(super) fn currency_prefix(atoms: &[Atom<'_>], at: usize) -> Prefix {
    let (len, factor) = plain_prefix(atoms, at).map(|n| (n, 1)).or_else(|| scaled_prefix(atoms, at)).unwrap_or((0, 1));
    let is_rupee = len > 0 && (matches!(fold_at(atoms, at), "rs" | "inr") || is_mark_at(atoms, at, '₹'));
    Prefix { len, factor, is_rupee }
}

fn plain_prefix(atoms: &[Atom<'_>], at: usize) -> Option<usize> {
    if fold_at(atoms, at) == "rs" && is_mark_at(atoms, at + 1, '.') && is_digits_at(atoms, at + 2) {
        return Some(2);
    }
    let code = is_code_at(atoms, at);
    if (is_sign_at(atoms, at) || code) && amount_follows(atoms, at + 1) {
        return Some(1);
    }
    if is_sign_at(atoms, at) && spelled(atoms, at + 1).is_some() {
        return Some(1);
    }
    let abroad = matches!(fold_at(atoms, at), "us" | "a" | "c");
    let is_prefix = abroad && is_sign_at(atoms, at + 1) && is_glued_at(atoms, at + 1) && amount_follows(atoms, at + 2);
    is_prefix.then_some(2)
}

/// A factor and a currency before the digits: "k EUR 1200", "T€ 500", "Mio. EUR 1,2", "€m 3", "TEUR 1200".
fn scaled_prefix(atoms: &[Atom<'_>], at: usize) -> Option<(usize, u64)> {
    let word = atoms.get(at)?;
    if let Some(factor) = scaled_code(&word.fold).filter(|_| is_digits_at(atoms, at + 1)) {
        return Some((1, factor));
    }
    let is_currency = |at: usize| is_sign_at(atoms, at) || is_code_at(atoms, at);
    if is_currency(at) && is_digits_at(atoms, at + 2) {
        return Some((2, short_factor(fold_at(atoms, at + 1))?));
    }
    let factor = short_factor(&word.fold)?;
    let dot = usize::from(is_mark_at(atoms, at + 1, '.') && is_glued_at(atoms, at + 1));
    (is_currency(at + 1 + dot) && is_digits_at(atoms, at + 2 + dot)).then_some((2 + dot, factor))
}

fn is_digits_at(atoms: &[Atom<'_>], at: usize) -> bool {
    atoms.get(at).is_some_and(Atom::is_digits)
}

fn amount_follows(atoms: &[Atom<'_>], at: usize) -> bool {
    is_digits_at(atoms, at + usize::from(is_mark_at(atoms, at, '.')))
}

pub(super) fn is_sign_at(atoms: &[Atom<'_>], at: usize) -> bool {
    atoms.get(at).is_some_and(is_currency_sign)
}

fn is_code_at(atoms: &[Atom<'_>], at: usize) -> bool {
    atoms.get(at).is_some_and(|a| a.is_word() && is_currency_code(&a.fold))
}

fn is_currency_sign(atom: &Atom<'_>) -> bool {
    atom.text.starts_with(['$', '€', '£', '¥', '₹'])
}

fn is_currency_code(word: &str) -> bool {
    matches!(word, "usd" | "eur" | "gbp" | "inr" | "chf" | "jpy" | "aud" | "cad" | "rs")
}

/// The letters that bookkeepers put to a currency.
fn short_factor(word: &str) -> Option<u64> {
    match word {
        "t" | "k" => Some(1_000),
        "m" | "mn" | "mio" => Some(1_000_000),
        "bn" | "mrd" => Some(1_000_000_000),
        _ => None,
    }
}

/// The factor in "TEUR", "kUSD", "EURm".
fn scaled_code(word: &str) -> Option<u64> {
    let is_code = |code: &str| code.len() == 3 && is_currency_code(code);
    if !word.is_ascii() || word.len() < 4 {
        return None;
    }
    let (before, code) = word.split_at(1);
    let (earlier, behind) = word.split_at(3);
    if is_code(code) {
        short_factor(before)
    } else if is_code(earlier) {
        short_factor(behind).filter(|_| behind != "t")
    } else {
        None
    }
}

/// The unit after an amount, the factor it says ("1200 TEUR"), and how many atoms it takes.
pub(super) fn unit_at(atoms: &[Atom<'_>], at: usize) -> (NumberUnit, u64, usize) {
    let (unit, n) = plain_unit(atoms, at);
    if n > 0 {
        return (unit, 1, n);
    }
    if let Some(factor) = scaled_code(fold_at(atoms, at)) {
        return (NumberUnit::Money, factor, 1);
    }
    let is_scaled = |at: usize| is_sign_at(atoms, at) && is_glued_at(atoms, at);
    match short_factor(fold_at(atoms, at)) {
        Some(factor) if is_scaled(at + 1) => (NumberUnit::Money, factor, 2),
        _ => (NumberUnit::None, 1, 0),
    }
}

fn plain_unit(atoms: &[Atom<'_>], at: usize) -> (NumberUnit, usize) {
    if is_mark_at(atoms, at, '%') {
        return (NumberUnit::Percent, 1);
    }
    if is_sign_at(atoms, at) && (is_glued_at(atoms, at) || !amount_follows(atoms, at + 1)) {
        return (NumberUnit::Money, 1);
    }
    match (fold_at(atoms, at), fold_at(atoms, at + 1)) {
        ("percent" | "pct", _) => (NumberUnit::Percent, 1),
        ("per", "cent") | ("percentage", "points" | "point") => (NumberUnit::Percent, 2),
        ("us", "dollars") => (NumberUnit::Money, 2),
        ("dollars" | "dollar" | "euros" | "euro" | "pounds" | "rupees" | "bucks", _) => (NumberUnit::Money, 1),
        (code, _) if is_currency_code(code) => (NumberUnit::Money, 1),
        _ => (NumberUnit::None, 0),
    }
}
