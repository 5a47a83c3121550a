//! Numbers in words: "twenty-five", "a hundred and ten thousand", "one point two million", "two fifty k", "half a million".

use super::parts::{and_a_part, part_of_scale};
use super::{Decimal, factor_at};
use crate::atom::{Atom, fold_at, is_glued_at, is_mark_at};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Last {
    Start,
    Unit,
    Tens,
    Hundred,
    Scale,
    Dozen,
}

/// The number in words that begins at this atom, and how many atoms it takes.
pub(super) fn spelled(atoms: &[Atom<'_>], at: usize) -> Option<(Decimal, usize)> {
    if atoms.get(at).is_none_or(|a| !a.is_word()) {
        return None;
    }
    if let Some(part) = part_of_scale(atoms, at) {
        return Some(part);
    }
    let mut reader = Words { atoms, at, total: 0, group: 0, last: Last::Start, smallest: u64::MAX };
    if matches!(fold_at(atoms, at), "a" | "an") {
        scale_word(fold_at(atoms, at + 1))?;
        reader.group = 1;
        reader.at += 1;
        reader.last = Last::Unit;
    }
    while reader.step()? {}
    if reader.last == Last::Start {
        return None;
    }
    let (amount, end) = reader.finish()?;
    Some((amount, end - at))
}

/// The state while number words are read one after the other.
struct Words<'a, 'q> {
    atoms: &'a [Atom<'q>],
    at: usize,
    total: u64,
    group: u64,
    last: Last,
    smallest: u64,
}

impl Words<'_, '_> {
    /// Takes the next number word; false where the number ends, `None` where it is too large.
    fn step(&mut self) -> Option<bool> {
        let skip = self.joint();
        let word = fold_at(self.atoms, self.at + skip);
        let fresh = matches!(self.last, Last::Start | Last::Hundred | Last::Scale);
        if let Some(unit) = unit_word(word) {
            if !(fresh || (self.last == Last::Tens && (1..=9).contains(&unit))) {
                return Some(false);
            }
            self.group += unit;
            self.last = Last::Unit;
        } else if let Some(tens) = tens_word(word).filter(|_| fresh) {
            self.group += tens;
            self.last = Last::Tens;
        } else if skip == 0 && matches!(self.last, Last::Unit | Last::Tens | Last::Hundred) {
            return self.scale(word);
        } else {
            return Some(false);
        }
        self.at += skip + 1;
        Some(true)
    }

    fn scale(&mut self, word: &str) -> Option<bool> {
        match scale_word(word) {
            Some(100) if self.last == Last::Unit && self.group < 100 => {
                self.group *= 100;
                self.last = Last::Hundred;
            }
            Some(12) if self.last == Last::Unit && self.group < 100 => {
                self.group *= 12;
                self.last = Last::Dozen;
            }
            Some(scale) if scale >= 1_000 && scale < self.smallest => {
                self.total = self.total.checked_add(self.group.checked_mul(scale)?)?;
                (self.group, self.smallest, self.last) = (0, scale, Last::Scale);
            }
            _ => return Some(false),
        }
        self.at += 1;
        Some(true)
    }

    /// A hyphen inside "twenty-five" or the "and" of "a hundred and ten": how many atoms.
    fn joint(&self) -> usize {
        let hyphen =
            self.last == Last::Tens && is_mark_at(self.atoms, self.at, '-') && is_glued_at(self.atoms, self.at + 1);
        let next = fold_at(self.atoms, self.at + 1);
        let number_follows = unit_word(next).is_some() || tens_word(next).is_some();
        let and =
            matches!(self.last, Last::Hundred | Last::Scale) && fold_at(self.atoms, self.at) == "and" && number_follows;
        usize::from(hyphen || and)
    }

    /// What the words say with all that may follow them: parts, a decimal point, a factor; and where it ends.
    fn finish(&self) -> Option<(Decimal, usize)> {
        let whole = self.total.checked_add(self.group)?;
        if let Some((quarters, scale, n)) = and_a_part(self.atoms, self.at).filter(|_| self.last == Last::Unit) {
            let quarters = whole.checked_mul(4)?.checked_add(quarters)?;
            return Some((Decimal::whole(quarters.checked_mul(scale / 4)?), self.at + n));
        }
        if self.last == Last::Scale
            && let Some((quarters, n)) = super::parts::part_behind(self.atoms, self.at)
        {
            let part = (self.smallest / 4).checked_mul(quarters)?;
            return Some((Decimal::whole(whole.checked_add(part)?), self.at + n));
        }
        let is_plain = self.total == 0 && matches!(self.last, Last::Unit | Last::Tens);
        let further = if is_plain { self.pointed().or_else(|| self.joined()) } else { None };
        let (amount, end) = further.unwrap_or((Decimal::whole(whole), self.at));
        let is_short = matches!(fold_at(self.atoms, end), "k" | "grand" | "mil" | "mio");
        match factor_at(self.atoms, end).filter(|_| is_short && self.total == 0) {
            Some(factor) => Some((amount.times(factor)?, end + 1)),
            None => Some((amount, end)),
        }
    }

    /// "one point two five million".
    fn pointed(&self) -> Option<(Decimal, usize)> {
        let digit = |at: usize| unit_word(fold_at(self.atoms, at)).filter(|d| *d <= 9);
        let said = (self.at + 1..self.at + 9).map_while(digit);
        let fraction: String = said.map(|d| d.to_string()).collect();
        if fold_at(self.atoms, self.at) != "point" || fraction.is_empty() {
            return None;
        }
        let end = self.at + 1 + fraction.len();
        let amount = Decimal::parse(&self.group.to_string(), &fraction)?;
        match scale_word(fold_at(self.atoms, end)).filter(|s| *s >= 1_000) {
            Some(scale) => Some((amount.times(scale)?, end + 1)),
            None => Some((amount, end)),
        }
    }

    /// "two fifty k", "one twenty five thousand": hundreds without the word, where a factor follows.
    fn joined(&self) -> Option<(Decimal, usize)> {
        if self.last != Last::Unit || !(1..=9).contains(&self.group) {
            return None;
        }
        let mut rest = Words { at: self.at, atoms: self.atoms, total: 0, group: 0, last: Last::Start, smallest: 1_000 };
        while rest.step()? {}
        let factor = scale_word(fold_at(self.atoms, rest.at)).filter(|s| *s >= 1_000);
        let is_factored = factor.is_some() || fold_at(self.atoms, rest.at) == "k";
        if !is_factored || !(10..=99).contains(&rest.group) || rest.total > 0 {
            return None;
        }
        let amount = Decimal::whole(100 * self.group + rest.group).times(factor.unwrap_or(1))?;
        Some((amount, rest.at + usize::from(factor.is_some())))
    }
}

pub(crate) fn unit_word(word: &str) -> Option<u64> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    WORDS.iter().position(|w| *w == word).map(|n| n as u64)
}

pub(crate) fn tens_word(word: &str) -> Option<u64> {
    const WORDS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    WORDS.iter().position(|w| *w == word).map(|n| 10 * (n as u64 + 2))
}

pub(super) fn scale_word(word: &str) -> Option<u64> {
    Some(match word {
        "dozen" => 12,
        "hundred" => 100,
        "thousand" => 1_000,
        "lakh" | "lakhs" => 100_000,
        "million" => 1_000_000,
        "crore" | "crores" => 10_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}
