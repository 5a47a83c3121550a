//! Numbers as people write and say them: `100k`, `$2,000`, `1.5 million`, `20 percent`, "a dozen", "twenty-five".
//!
//! Amounts are read exactly, in decimal: `0.1m` is 100000. Digits that belong to a code (`PRJ-001`, `Q3`, `v2`), to a
//! time or to a fraction are no numbers, and neither are ordinals.

mod spelled;

use self::spelled::spelled;
use crate::Value;
use crate::atom::{Atom, fold_at, fold_before, is_glued_at, is_mark_at};
use crate::slot::NumberUnit;

/// A number that begins at some atom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spoken {
    /// How many atoms it takes.
    pub(crate) len: usize,
    pub(crate) value: Value,
    pub(crate) unit: NumberUnit,
}

/// The number that begins at this atom, with its unit.
pub(crate) fn number_at(atoms: &[Atom<'_>], at: usize) -> Option<Spoken> {
    let negative = is_minus(atoms, at);
    let start = at + usize::from(negative);
    let prefix = currency_prefix(atoms, start);
    let first = start + prefix;
    if prefix == 0 && !negative && is_inside_code(atoms, first) {
        return None;
    }
    let (amount, len) = with_factors(atoms, first).or_else(|| spelled(atoms, first))?;
    let mut end = first + len;
    let (unit, n) = unit_at(atoms, end);
    end += n;
    if n == 0 && breaks_off(atoms, end) {
        return None;
    }
    let unit = if prefix > 0 { NumberUnit::Money } else { unit };
    if unit == NumberUnit::None && end - at == 1 && is_pronoun(atoms, at) {
        return None;
    }
    let amount = if negative { Decimal { digits: -amount.digits, ..amount } } else { amount };
    Some(Spoken { len: end - at, value: amount.value(), unit })
}

/// Digits with up to two factors behind them: "1.5 million", "2 hundred thousand".
fn with_factors(atoms: &[Atom<'_>], at: usize) -> Option<(Decimal, usize)> {
    let (mut amount, mut len) = written(atoms, at)?;
    for _ in 0..2 {
        let Some(factor) = factor_at(atoms, at + len) else { break };
        amount = amount.times(factor)?;
        len += 1;
    }
    Some((amount, len))
}

/// A decimal number: `digits / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Decimal {
    digits: i128,
    scale: u32,
}

impl Decimal {
    fn whole(digits: u64) -> Self {
        Decimal { digits: i128::from(digits), scale: 0 }
    }

    fn parse(whole: &str, fraction: &str) -> Option<Self> {
        let digits = format!("{whole}{fraction}");
        if digits.len() > 24 {
            return None;
        }
        Some(Decimal { digits: digits.parse().ok()?, scale: fraction.len() as u32 })
    }

    fn times(self, factor: u64) -> Option<Self> {
        let digits = self.digits.checked_mul(i128::from(factor)).filter(|d| d.unsigned_abs() < 1 << 110)?;
        Some(Decimal { digits, ..self })
    }

    /// Whole numbers as integers, as far as a float would hold them exactly too.
    fn value(self) -> Value {
        let unit = 10_i128.pow(self.scale);
        if self.digits % unit == 0 && (self.digits / unit).unsigned_abs() < 1 << 53 {
            return Value::Integer((self.digits / unit) as i64);
        }
        let sign = if self.digits < 0 { "-" } else { "" };
        let text = format!("{sign}{}e-{}", self.digits.unsigned_abs(), self.scale);
        Value::Real(text.parse().unwrap_or(self.digits as f64 / unit as f64))
    }
}

/// A "-" that belongs to the number, or the word "minus" before it.
fn is_minus(atoms: &[Atom<'_>], at: usize) -> bool {
    let sign = is_mark_at(atoms, at, '-') || is_mark_at(atoms, at, '−');
    let is_first = at == 0 || !is_glued_at(atoms, at);
    let written = sign && is_first && is_glued_at(atoms, at + 1);
    let spoken = fold_at(atoms, at) == "minus" && atoms.get(at + 1).is_some_and(|a| a.is_digits());
    written || (spoken && !atoms.get(at.wrapping_sub(1)).is_some_and(|a| a.is_digits()))
}

/// How many atoms before the digits name a currency: "$", "US$", "EUR".
fn currency_prefix(atoms: &[Atom<'_>], at: usize) -> usize {
    let sign = |at: usize| atoms.get(at).is_some_and(|a| is_currency_sign(a));
    let amount_follows = |at: usize| {
        let sign = usize::from(is_mark_at(atoms, at, '.'));
        atoms.get(at + sign).is_some_and(|a| a.is_digits())
    };
    let spoken_follows = |at: usize| spelled(atoms, at).is_some();
    let code = atoms.get(at).is_some_and(|a| a.is_word() && is_currency_code(&a.fold));
    let is_prefix = (sign(at) || code) && amount_follows(at + 1);
    if is_prefix || (sign(at) && spoken_follows(at + 1)) {
        1
    } else if matches!(fold_at(atoms, at), "us" | "a" | "c") && sign(at + 1) && is_glued_at(atoms, at + 1) {
        2 * usize::from(amount_follows(at + 2))
    } else {
        0
    }
}

fn is_currency_sign(atom: &Atom<'_>) -> bool {
    atom.text.starts_with(['$', '€', '£', '¥', '₹'])
}

fn is_currency_code(word: &str) -> bool {
    matches!(word, "usd" | "eur" | "gbp" | "inr" | "chf" | "jpy" | "aud" | "cad" | "rs")
}

/// Digits with separators of thousands and a decimal point.
fn written(atoms: &[Atom<'_>], at: usize) -> Option<(Decimal, usize)> {
    if is_mark_at(atoms, at, '.') && !is_glued_after_digits(atoms, at) {
        let fraction = atoms.get(at + 1).filter(|a| a.is_digits() && a.glued)?;
        return Some((Decimal::parse("0", fraction.text)?, 2));
    }
    let first = atoms.get(at).filter(|a| a.is_digits())?;
    let mut whole = first.text.to_owned();
    let mut n = 1;
    for mark in [',', '.', '\u{a0}'] {
        let groups = thousands(atoms, at + n, mark);
        let wanted = if mark == '.' && groups != ["000"] { 2 } else { 1 };
        if n == 1 && first.text.len() <= 3 && groups.len() >= wanted {
            whole.extend(groups.iter().copied());
            n += 2 * groups.len();
        }
    }
    let fraction = glued_digits(atoms, at + n, '.').unwrap_or("");
    if !fraction.is_empty() {
        n += 2;
    }
    let is_code = whole.len() > 1 && whole.starts_with('0') && fraction.is_empty();
    let goes_on = [':', '/', '.'].iter().any(|mark| glued_digits(atoms, at + n, *mark).is_some());
    if is_code || goes_on { None } else { Some((Decimal::parse(&whole, fraction)?, n)) }
}

fn is_glued_after_digits(atoms: &[Atom<'_>], at: usize) -> bool {
    is_glued_at(atoms, at) && atoms.get(at.wrapping_sub(1)).is_some_and(|a| a.kind != crate::atom::AtomKind::Mark)
}

/// Digits right after a mark that stands right after what came before.
fn glued_digits<'q>(atoms: &[Atom<'q>], at: usize, mark: char) -> Option<&'q str> {
    let glued = is_mark_at(atoms, at, mark) && is_glued_at(atoms, at);
    let digits = atoms.get(at + 1).filter(|a| a.is_digits() && a.glued)?;
    glued.then_some(digits.text)
}

/// Groups of exactly three digits after this mark.
fn thousands<'q>(atoms: &[Atom<'q>], at: usize, mark: char) -> Vec<&'q str> {
    let mut groups = Vec::new();
    while let Some(group) = glued_digits(atoms, at + 2 * groups.len(), mark).filter(|g| g.len() == 3) {
        groups.push(group);
        if groups.len() > 8 {
            break;
        }
    }
    groups
}

/// Digits glued to what makes them part of a code, a time or an identifier: "PRJ-001", "v2", "10:30", "FY_24".
pub(crate) fn is_inside_code(atoms: &[Atom<'_>], at: usize) -> bool {
    is_inside_code_within(atoms, at, 6)
}

/// As [`is_inside_code`], looking back over at most so many hyphens.
fn is_inside_code_within(atoms: &[Atom<'_>], at: usize, hyphens: usize) -> bool {
    let Some(atom) = atoms.get(at).filter(|a| a.is_digits() && a.glued && at > 0) else { return false };
    let before = &atoms[at - 1];
    if before.is_word() {
        return true;
    }
    let glued_to = |mark: &Atom<'_>| mark.glued && at >= 2;
    if !glued_to(before) {
        return before.is_mark('_') || (before.is_mark('\'') && atom.text.len() == 2);
    }
    let earlier = &atoms[at - 2];
    match before.text {
        "_" | ":" | "/" | "." | "@" => earlier.is_word() || earlier.is_digits(),
        "-" if earlier.is_word() => earlier.is_all_capitals(),
        "-" if earlier.is_digits() => {
            let is_code = is_code_number(earlier) || is_code_number(atom);
            is_code || hyphens == 0 || is_inside_code_within(atoms, at - 2, hyphens - 1)
        }
        _ => false,
    }
}

/// "001": a quantity has no leading zeros.
fn is_code_number(atom: &Atom<'_>) -> bool {
    atom.text.len() > 1 && atom.text.starts_with('0')
}

/// Letters glued behind the digits that are no unit: "3D", "5th"; or a code that goes on: "2021-001".
fn breaks_off(atoms: &[Atom<'_>], end: usize) -> bool {
    let Some(next) = atoms.get(end).filter(|a| a.glued) else { return false };
    if next.is_word() {
        let is_unit = is_time_unit(&next.fold) && !next.is_capitalised();
        return atoms[end - 1].is_digits() && !next.is_possessive() && !is_unit;
    }
    let after = atoms.get(end + 1).filter(|a| a.glued);
    match next.text {
        "_" => after.is_some(),
        "-" => after.is_some_and(|a| {
            is_code_number(a) || (a.is_digits() && is_code_tail(atoms, end + 1)) || a.is_all_capitals()
        }),
        _ => false,
    }
}

/// "12-34-56" is a code, "10-20" a range.
fn is_code_tail(atoms: &[Atom<'_>], at: usize) -> bool {
    glued_digits(atoms, at + 1, '-').is_some()
}

fn is_time_unit(word: &str) -> bool {
    const UNITS: [&str; 20] = [
        "d", "day", "days", "h", "hr", "hrs", "hour", "hours", "w", "wk", "wks", "week", "weeks", "mo", "month",
        "months", "y", "yr", "yrs", "years",
    ];
    UNITS.contains(&word)
}

/// A factor after an amount: glued or spaced "k", "m", "bn", or a word.
fn factor_at(atoms: &[Atom<'_>], at: usize) -> Option<u64> {
    let atom = atoms.get(at).filter(|a| a.is_word())?;
    Some(match atom.fold.as_str() {
        "k" | "thousand" | "thousands" | "grand" => 1_000,
        "m" | "mm" | "mn" | "mio" | "mil" | "mill" | "million" | "millions" => 1_000_000,
        "b" if atom.glued => 1_000_000_000,
        "bn" | "billion" | "billions" => 1_000_000_000,
        "trillion" | "trillions" => 1_000_000_000_000,
        "hundred" => 100,
        "dozen" => 12,
        "lakh" | "lakhs" | "lac" => 100_000,
        "crore" | "crores" => 10_000_000,
        _ => return None,
    })
}

/// The unit after an amount, and how many atoms it takes.
fn unit_at(atoms: &[Atom<'_>], at: usize) -> (NumberUnit, usize) {
    if is_mark_at(atoms, at, '%') {
        return (NumberUnit::Percent, 1);
    }
    if atoms.get(at).is_some_and(|a| a.glued && is_currency_sign(a)) {
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

/// "one" that stands for a thing: a number only after words of comparison.
fn is_pronoun(atoms: &[Atom<'_>], at: usize) -> bool {
    let compared = ["than", "least", "most", "exactly", "only", "just", "over", "under", "equals", "top", "bottom"];
    fold_at(atoms, at) == "one"
        && !compared.contains(&fold_before(atoms, at))
        && !atoms.get(at.wrapping_sub(1)).is_some_and(|a| a.text.starts_with(['=', '<', '>']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atom::atoms;

    fn first_number(text: &str) -> String {
        let atoms = atoms(text);
        let found = (0..atoms.len()).find_map(|at| number_at(&atoms, at));
        found.map_or_else(|| "-".to_owned(), |s| format!("{:?} {:?} {}", s.value, s.unit, s.len))
    }

    #[test]
    fn reads_exactly() {
        let cases = [
            ("0.1m", "Integer(100000) None 4"),
            ("1.25", "Real(1.25) None 3"),
            ("1.250", "Real(1.25) None 3"),
            ("100.000", "Integer(100000) None 3"),
            ("-5%", "Integer(-5) Percent 3"),
            ("$ .5", "Real(0.5) Money 3"),
            ("1.000.000", "Integer(1000000) None 5"),
            ("two and a half million", "Integer(2500000) None 5"),
            ("nine hundred and ninety-nine thousand", "Integer(999000) None 7"),
            ("3 lakh", "Integer(300000) None 2"),
            ("99999999999999999999", "Real(1e20) None 1"),
            ("third", "-"),
            ("v2", "-"),
            ("10:30", "-"),
            ("1/2", "-"),
            ("007", "-"),
            ("1.2.3", "-"),
            ("192.168.1.1", "-"),
            ("two hundred", "Integer(200) None 2"),
            ("nine trillion trillion trillion trillion", "Integer(9000000000000) None 2"),
        ];
        for (text, expected) in cases {
            assert_eq!(first_number(text), expected, "{text}");
        }
    }
}
