//! Numbers as people write and say them: `100k`, `$2,000`, `1.5 million`, `20 percent`, "a dozen", "twenty-five".
//!
//! Amounts are read exactly, in decimal: `0.1m` is 100000. Digits that belong to a code (`PRJ-001`, `Q3`, `v2`), to a
//! time or to a fraction are no numbers, and neither are ordinals.

mod money;
mod parts;
mod spelled;
mod written;

use self::money::{Prefix, currency_prefix, is_sign_at, unit_at};
use self::parts::and_a_part;
use self::spelled::spelled;
pub(crate) use self::spelled::{tens_word, unit_word};
use self::written::{glued_digits, price_dash, written};
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
    let first = start + prefix.len;
    if prefix.len == 0 && !negative && is_inside_code(atoms, first) {
        return None;
    }
    let (amount, len) = with_factors(atoms, first, prefix).or_else(|| spelled(atoms, first))?;
    let mut end = first + len;
    let (unit, factor, n) = unit_at(atoms, end);
    let shared = shared_factor(atoms, at, end, amount).filter(|_| n == 0 && prefix.factor == 1);
    let amount = amount.times(shared.unwrap_or(factor))?;
    end += n;
    if n == 0 && breaks_off(atoms, end) {
        return None;
    }
    let unit = if prefix.len > 0 { NumberUnit::Money } else { unit };
    if unit == NumberUnit::None && end - at == 1 && is_pronoun(atoms, at) {
        return None;
    }
    let amount = if negative { Decimal { digits: -amount.digits, ..amount } } else { amount };
    Some(Spoken { len: end - at, value: amount.value(), unit })
}

/// Digits with up to two factors behind them: "1.5 million", "2 hundred thousand", "1 and a half million"; where none is,
/// the factor that stands before them counts, "TEUR 1200".
fn with_factors(atoms: &[Atom<'_>], at: usize, prefix: Prefix) -> Option<(Decimal, usize)> {
    let (mut amount, mut len) = written(atoms, at, prefix.len > 0)?;
    if let Some((quarters, scale, n)) = and_a_part(atoms, at + len).filter(|_| amount.scale == 0) {
        return Some((amount.times(4)?.plus(quarters).times(scale / 4)?, len + n));
    }
    let mut factors = 0;
    while let Some(factor) = factor_at(atoms, at + len).or_else(|| prefix.factor_behind(atoms, at + len)) {
        amount = amount.times(factor)?;
        len += 1 + short_dot(atoms, at + len + 1);
        factors += 1;
        if factors == 2 {
            break;
        }
    }
    len += price_dash(atoms, at + len);
    Some((amount.times(if factors == 0 { prefix.factor } else { 1 })?, len))
}

/// The factor that the end of a range says for its start too: "between 100 and 200k", "2 to 3 million", "50-75k". Where the
/// start is no smaller it says itself what it means: "between 500 and 2k".
fn shared_factor(atoms: &[Atom<'_>], at: usize, end: usize, start: Decimal) -> Option<u64> {
    let dash = (is_mark_at(atoms, end, '-') || is_mark_at(atoms, end, '–')) && is_glued_at(atoms, end);
    let joined = match fold_at(atoms, end) {
        "and" => fold_before(atoms, at) == "between",
        "to" => true,
        _ => dash,
    };
    let next = end + 1 + usize::from(is_sign_at(atoms, end + 1));
    let (last, n) = written(atoms, next, false).filter(|_| joined)?;
    let factor = factor_at(atoms, next + n)?;
    let is_plain = atoms[end - 1].is_digits();
    let is_less = start.digits * 10_i128.pow(last.scale) < last.digits * 10_i128.pow(start.scale);
    (is_plain && is_less).then_some(factor)
}

/// The dot of an abbreviated factor in front of a currency: "1,2 Mio. EUR".
fn short_dot(atoms: &[Atom<'_>], at: usize) -> usize {
    let is_short = at > 0 && matches!(fold_at(atoms, at - 1), "mio" | "mrd" | "mln" | "tsd");
    usize::from(is_short && is_mark_at(atoms, at, '.') && is_glued_at(atoms, at) && unit_at(atoms, at + 1).2 > 0)
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

    /// That many whole ones more.
    fn plus(self, whole: u64) -> Self {
        Decimal { digits: self.digits + i128::from(whole) * 10_i128.pow(self.scale), ..self }
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
        "tsd" => 1_000,
        "m" | "mm" | "mn" | "mio" | "mln" | "mil" | "mill" | "million" | "millions" => 1_000_000,
        "b" if atom.glued => 1_000_000_000,
        "bn" | "mrd" | "billion" | "billions" => 1_000_000_000,
        "trillion" | "trillions" => 1_000_000_000_000,
        "hundred" => 100,
        "dozen" => 12,
        "lakh" | "lakhs" | "lac" | "lacs" => 100_000,
        "crore" | "crores" => 10_000_000,
        _ => return None,
    })
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
            ("between 100 and 200k", "Integer(100000) None 1"),
            ("$1.5 to $2 million", "Integer(1500000) Money 4"),
            ("50-75k", "Integer(50000) None 1"),
            ("between 500 and 2k", "Integer(500) None 1"),
            ("between 1k and 2000k", "Integer(1000) None 2"),
            ("12 and 200k", "Integer(12) None 1"),
            ("between 10 and 20", "Integer(10) None 1"),
            ("500 €", "Integer(500) Money 2"),
            ("500 €200", "Integer(500) None 1"),
            ("nine trillion trillion trillion trillion", "Integer(9000000000000) None 2"),
        ];
        for (text, expected) in cases {
            assert_eq!(first_number(text), expected, "{text}");
        }
    }
}
