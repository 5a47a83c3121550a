//! Numbers in words: "twenty-five", "a hundred and ten thousand", "half a million".

use super::Decimal;
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

/// A number in words: "twenty-five", "a hundred and ten thousand", "half a million", "two and a half million".
pub(super) fn spelled(atoms: &[Atom<'_>], at: usize) -> Option<(Decimal, usize)> {
    if atoms.get(at).is_none_or(|a| !a.is_word()) {
        return None;
    }
    if fold_at(atoms, at) == "half" && matches!(fold_at(atoms, at + 1), "a" | "an") {
        let scale = scale_word(fold_at(atoms, at + 2))?;
        return Some((Decimal::whole(scale / 2), 3));
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
    if let Some(scale) = reader.and_a_half() {
        let twice = (reader.total + reader.group) * 2 + 1;
        return Some((Decimal::whole(twice.checked_mul(scale / 2)?), reader.at + 4 - at));
    }
    Some((Decimal::whole(reader.total.checked_add(reader.group)?), reader.at - at))
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

    /// The scale in "two and a half million".
    fn and_a_half(&self) -> Option<u64> {
        let words = [0, 1, 2].map(|n| fold_at(self.atoms, self.at + n));
        if self.last != Last::Unit || words != ["and", "a", "half"] {
            return None;
        }
        scale_word(fold_at(self.atoms, self.at + 3)).filter(|s| *s >= 1_000)
    }
}

fn unit_word(word: &str) -> Option<u64> {
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

fn tens_word(word: &str) -> Option<u64> {
    const WORDS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    WORDS.iter().position(|w| *w == word).map(|n| 10 * (n as u64 + 2))
}

fn scale_word(word: &str) -> Option<u64> {
    Some(match word {
        "dozen" => 12,
        "hundred" => 100,
        "thousand" => 1_000,
        "lakh" => 100_000,
        "million" => 1_000_000,
        "crore" => 10_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}
