//! Days of a month: "5 March 2024", "March 5th", "june thirtieth", "26-Oct-25", "15th of last month", "June 1-15", "10/26".

use jiff::civil::Date;

use super::years::Year;
use super::{Dated, Reader, day, offset_word, one};
use crate::atom::{digits_at, fold_before, is_glued_at};
use crate::calendar::{Unit, When};

impl Reader<'_> {
    /// "5 March 2024", "5th of March", "5-Mar-2024".
    pub(super) fn day_and_month(&self, at: usize) -> Option<Dated> {
        let (day, mut n) = self.day_at(at)?;
        n += usize::from(self.fold(at + n) == "of" || self.joint_mark(at + n));
        let (month, len) = self.month_at(at + n)?;
        // "who may be first, may I ask": a spoken day before a verb.
        let is_verb = self.fold(at + n) == "may" && !self.atoms[at].is_digits() && !self.atoms[at + n].is_capitalised();
        if is_verb && self.fold(at + n - 1) != "of" {
            return None;
        }
        n += len;
        let joint = usize::from(self.glued_mark(at + n, '-') || self.glued_mark(at + n, '/'));
        n += usize::from(joint == 1 && self.year_digits(at + n + 1).is_some());
        let short = self.short_year(at + n + joint).filter(|y| joint == 1 || self.is_short_year(*y, at + n + 1));
        let short = short.map(|year| Year { len: 1 + joint, year, is_fiscal: false });
        self.day_of_year(n, self.year_after(at + n).or(short), month, day)
    }

    /// The "-" of "26-Oct-25", the "/" of "26/Oct/2025".
    fn joint_mark(&self, at: usize) -> bool {
        self.glued_mark(at, '-') || self.glued_mark(at, '/') || self.is_mark(at, '-')
    }

    /// "5", "5th", "thirtieth", "twenty-first": the day of a month, and how many atoms.
    pub(super) fn day_at(&self, at: usize) -> Option<(i8, usize)> {
        if let Some(day) = self.day_number(at) {
            return Some((day, 1 + usize::from(self.is_ordinal_ending(at + 1))));
        }
        let tens = match self.fold(at) {
            "twenty" => 20,
            "thirty" => 30,
            word => return ordinal_word(word).map(|day| (day, 1)),
        };
        let dash = usize::from(self.is_dash(at + 1));
        let units = ordinal_word(self.fold(at + 1 + dash)).filter(|n| *n < 10 && tens + n <= 31)?;
        Some((tens + units, 2 + dash))
    }

    /// "15th of last month", "the first of next month", "1st of the month".
    pub(super) fn day_of_some_month(&self, at: usize) -> Option<Dated> {
        let (day, n) = self.day_at(at).filter(|(_, n)| *n > 1 || !self.atoms[at].is_digits())?;
        let the = usize::from(self.fold(at + n + 1) == "the");
        let word = at + n + 1 + the;
        if self.fold(at + n) != "of" {
            return None;
        }
        let offset = offset_word(self.fold(word)).filter(|_| self.fold(word + 1) == "month");
        let (offset, len) = match offset {
            Some(offset) => (offset, 2),
            None if the == 1 && self.fold(word) == "month" && self.is_cued_past_the(at) => (0, 1),
            None => return None,
        };
        let start = self.calendar.around_today(Unit::Month, offset)?.start();
        one(n + 1 + the + len, When::Day(Date::new(start.year(), start.month(), day).ok()?))
    }

    /// As [`Self::is_cued`], over "the".
    pub(super) fn is_cued_past_the(&self, at: usize) -> bool {
        self.is_cued(at - usize::from(at > 0 && fold_before(self.atoms, at) == "the"))
    }

    /// "June 1-15", "June 1 to 15, 2025".
    pub(super) fn days_of_month(&self, at: usize) -> Option<Dated> {
        let (month, len) = self.month_at(at)?;
        let (first, n) = self.day_at(at + len)?;
        let joint = at + len + n;
        let is_between = fold_before(self.atoms, at) == "between";
        let second = joint + self.joint(joint, is_between)?;
        let last = digits_at(self.atoms, second).and_then(|d| i8::try_from(d).ok()).filter(|d| *d <= 31)?;
        let end = second + 1 + usize::from(self.is_ordinal_ending(second + 1));
        let said = self.year_after(end);
        if last < first || (said.is_none() && !self.closes(end)) {
            return None;
        }
        let year = said.map_or(self.year, |y| y.year);
        let last = Date::new(year, month, last).ok()?.tomorrow().ok()?;
        let span = When::Span(Date::new(year, month, first).ok()?, last);
        one(end + said.map_or(0, |y| y.len) - at, span)
    }

    /// "10/26" for a month, "on 10/26" for a day, "until 31.12." for a day.
    pub(super) fn two_numbers(&self, at: usize, mark: char, first: u32, second: u32) -> Option<Dated> {
        let year = u32::try_from(self.year).ok()?;
        let before = fold_before(self.atoms, at);
        if !self.closes(at + 3) {
            return None;
        }
        if mark == '/' && matches!(before, "on" | "dated") {
            let readings = self.day_or_month_first(mark, first, second, year);
            return (!readings.is_empty()).then_some(Dated { len: 3, readings });
        }
        let lengths = [at, at + 2].map(|at| self.atoms[at].text.len());
        if mark == '/' && lengths[1] == 2 {
            let short = self.short_year(at + 2).filter(|y| self.is_near(*y))?;
            let is_month = self.atoms[at].text.starts_with('0') || self.is_cued(at);
            return one(3, self.month_of(short as u32, first).filter(|_| is_month)?);
        }
        let is_day = mark == '.' && lengths == [2, 2] && matches!(before, "on" | "until" | "till" | "since" | "before");
        let dot = usize::from(self.is_mark(at + 3, '.') && is_glued_at(self.atoms, at + 3));
        one(3 + dot, day(year, second, first).filter(|_| is_day)?)
    }

    /// "March 5th, 2024", "March 5".
    pub(super) fn month_first(&self, at: usize) -> Option<Dated> {
        let (month, len) = self.month_at(at)?;
        let the = usize::from(self.fold(at + len) == "the");
        let (day, n) = self.day_at(at + len + the)?;
        let is_spoken = !self.atoms[at + len + the].is_digits();
        let n = len + the + n;
        // "by month, January first" is an order.
        let is_order =
            || self.fold(at + n - 1) == "first" && !self.is_deadline(at) && fold_before(self.atoms, at) != "on";
        let is_period = || self.unit(at + n).is_some() || self.fold(at + n) == "half";
        if is_spoken && (is_period() || is_order() || !self.is_month_named(at)) {
            return None;
        }
        let said = self.year_after(at + n);
        // "in Oct 26" is the month of that year: a day would be "on Oct 26". "Since", "by" and "until" go with days, so
        // there it is the day.
        let is_year = !is_spoken && n == 2 && said.is_none() && (self.year_may_be_short || self.is_in_month(at));
        let short = self.short_year(at + 1).filter(|y| is_year && self.is_short_year(*y, at + 2));
        if let Some(year) = short {
            return one(2, self.calendar.part_of_year(year, Unit::Month, month)?);
        }
        let mut found = self.day_of_year(n, said, month, day)?;
        if n == 2 && said.is_none() && day >= 20 {
            found.readings.extend(self.calendar.part_of_year(2000 + i16::from(day), Unit::Month, month));
        }
        Some(found)
    }

    fn day_of_year(&self, len: usize, said: Option<Year>, month: i8, day: i8) -> Option<Dated> {
        let year = said.map_or(self.year, |y| y.year);
        one(len + said.map_or(0, |y| y.len), When::Day(Date::new(year, month, day).ok()?))
    }

    fn is_in_month(&self, at: usize) -> bool {
        matches!(fold_before(self.atoms, at), "in" | "during")
    }

    pub(super) fn is_ordinal_ending(&self, at: usize) -> bool {
        is_glued_at(self.atoms, at) && matches!(self.fold(at), "st" | "nd" | "rd" | "th")
    }
}

/// "thirtieth" as 30; "twenty-first" is two words.
fn ordinal_word(word: &str) -> Option<i8> {
    const WORDS: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    let listed = WORDS.iter().position(|w| *w == word).map(|n| n as i8 + 1);
    listed.or((word == "thirtieth").then_some(30))
}
