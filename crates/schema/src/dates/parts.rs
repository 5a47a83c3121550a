//! Quarters and halves of years: "Q3 2024", "Q3/25", "3Q25", "FY25 Q1", "III/2026", "last Q4", "second half of the year".

use super::years::Year;
use super::{Dated, Reader, month_name, offset_word, one, opens};
use crate::atom::{Atom, digits_at, fold_at, is_glued_at};
use crate::calendar::Unit;

impl Reader<'_> {
    /// "2024 March", "2024 Q3", "2024/Q3", "2024 H1".
    pub(super) fn year_and_month(&self, at: usize) -> Option<Dated> {
        let Some(year) = self.year_digits(at) else { return self.year_and_part(at) };
        if let Some(month) = month_name(self.fold(at + 1)) {
            return one(2, self.calendar.part_of_year(year, Unit::Month, month)?);
        }
        let skip = 1 + usize::from(self.is_mark(at + 1, '-') || self.glued_mark(at + 1, '/'));
        let (unit, number) = self.letter_and_number(at + skip)?;
        one(skip + 2, self.calendar.part_of_year(year, unit, number)?)
    }

    /// "2025Q3", "25Q3", "FY25 Q1", "last year's Q4".
    fn year_and_part(&self, at: usize) -> Option<Dated> {
        let glued = || self.year_digits_of_fiscal(at).or_else(|| self.short_year(at).filter(|y| self.is_near(*y)));
        let relative = || {
            let offset = offset_word(self.fold(at)).filter(|_| self.fold(at + 1) == "year")?;
            let owns = self.atoms.get(at + 2).is_some_and(Atom::is_possessive);
            Some((self.calendar.today.year() + offset as i16, 2 + usize::from(owns), false))
        };
        let is_glued = self.begins_here(at) && is_glued_at(self.atoms, at + 1);
        let fiscal = || self.fiscal_name(at).map(|(year, n)| (year, n, true));
        let plain = if is_glued { glued().map(|year| (year, 1, false)) } else { None };
        let (year, n, is_fiscal) = plain.or_else(fiscal).or_else(relative)?;
        let (unit, number) = self.letter_and_number(at + n)?;
        let unit = if is_fiscal && unit == Unit::Quarter { Unit::FiscalQuarter } else { unit };
        one(n + 2, self.calendar.part_of_year(year, unit, number)?)
    }

    fn begins_here(&self, at: usize) -> bool {
        at == 0 || !is_glued_at(self.atoms, at) || opens(&self.atoms[at - 1])
    }

    /// "Q3 2024", "H1 2025", "third quarter of last year", "first half of 2024".
    pub(super) fn part_of_year(&self, at: usize) -> Option<Dated> {
        let is_fiscal = matches!(self.fold(at), "fiscal" | "financial");
        let start = at + usize::from(is_fiscal);
        let (unit, number, n) = match self.letter_and_number(start) {
            Some((unit, number)) => (unit, number, 2),
            None => self.ordinal_and_unit(start)?,
        };
        let mut n = n + usize::from(is_fiscal);
        let said = self.year_after(at + n).or_else(|| self.joined_year(at + n));
        n += said.map_or(0, |y| y.len);
        if said.is_none() && fold_at(self.atoms, start) == "last" {
            return None;
        }
        let fiscal = is_fiscal || said.is_some_and(|y| y.is_fiscal);
        let unit = if fiscal && unit == Unit::Quarter { Unit::FiscalQuarter } else { unit };
        let year = said.map(|y| y.year).or_else(|| self.listed_year(at + n)).unwrap_or(self.year);
        one(n, self.calendar.part_of_year(year, unit, number)?)
    }

    /// "Q3", "H1": the letter and the digit are two atoms.
    pub(super) fn letter_and_number(&self, at: usize) -> Option<(Unit, i8)> {
        let unit = match self.fold(at) {
            "q" => Unit::Quarter,
            "h" => Unit::Half,
            _ => return None,
        };
        let number = self.glued_digits(at + 1)? as i8;
        let most = if unit == Unit::Quarter { 4 } else { 2 };
        let goes_on = |a: &Atom<'_>| a.glued && a.is_word() && !a.is_possessive() && a.fold != "fy";
        let ends = !self.atoms.get(at + 2).is_some_and(goes_on);
        ((1..=most).contains(&number) && ends).then_some((unit, number))
    }

    /// "third quarter", "3rd quarter", "second half"; a half only of a year.
    fn ordinal_and_unit(&self, at: usize) -> Option<(Unit, i8, usize)> {
        let written = self.is_ordinal_ending(at + 1);
        let number = match self.fold(at) {
            "first" => 1,
            "second" => 2,
            "third" => 3,
            "fourth" | "final" | "last" => 4,
            digits if written => digits.parse().ok().filter(|n| (1..=4).contains(n))?,
            _ => return None,
        };
        let n = 1 + usize::from(written);
        match self.fold(at + n) {
            "quarter" => Some((Unit::Quarter, number, n + 1)),
            "half" if number <= 2 && self.year_after(at + n + 1).is_some() => Some((Unit::Half, number, n + 1)),
            "half" if number <= 2 && self.is_of_the_year(at + n + 1) => Some((Unit::Half, number, n + 4)),
            _ => None,
        }
    }

    /// "3Q25", "3Q 2025", "1H26", "III/2026", "last Q4".
    pub(super) fn numbered_part(&self, at: usize) -> Option<Dated> {
        if let Some(offset) = offset_word(self.fold(at)) {
            return self.shifted_part(at + 1, offset);
        }
        let (unit, number, n) = self.number_and_letter(at).or_else(|| self.roman_quarter(at))?;
        let glued = || {
            let year = self.short_year(at + n).filter(|y| is_glued_at(self.atoms, at + n) && self.is_near(*y))?;
            Some(Year { len: 1, year, is_fiscal: false })
        };
        let said = self.year_after(at + n).or_else(glued).or_else(|| self.joined_year(at + n))?;
        let unit = if said.is_fiscal && unit == Unit::Quarter { Unit::FiscalQuarter } else { unit };
        one(n + said.len, self.calendar.part_of_year(said.year, unit, number)?)
    }

    /// "last Q4": the latest that is over; "next Q1": the first that is to come.
    fn shifted_part(&self, at: usize, offset: i64) -> Option<Dated> {
        let (unit, number) = self.letter_and_number(at).filter(|_| self.closes(at + 2))?;
        if self.year_after(at + 2).or_else(|| self.joined_year(at + 2)).is_some() {
            return None;
        }
        let today = self.calendar.today;
        for shift in if offset < 0 { [0, -1] } else { [0, 1] } {
            let part = self.calendar.part_of_year(today.year() + shift, unit, number)?;
            if offset == 0 || (offset < 0 && part.end()? <= today) || (offset > 0 && part.start() > today) {
                return one(3, part);
            }
        }
        None
    }

    /// "3Q", "1H".
    fn number_and_letter(&self, at: usize) -> Option<(Unit, i8, usize)> {
        let number = digits_at(self.atoms, at).filter(|n| *n <= 4 && self.begins_here(at))? as i8;
        let unit = match fold_at(self.atoms, at + 1) {
            "q" => Unit::Quarter,
            "h" if number <= 2 => Unit::Half,
            _ => return None,
        };
        (number > 0 && is_glued_at(self.atoms, at + 1)).then_some((unit, number, 2))
    }

    /// The "III" of "III/2026", with its stroke still to come.
    fn roman_quarter(&self, at: usize) -> Option<(Unit, i8, usize)> {
        let number = match self.atoms.get(at)?.text {
            "I" => 1,
            "II" => 2,
            "III" => 3,
            "IV" => 4,
            _ => return None,
        };
        (self.begins_here(at) && self.glued_mark(at + 1, '/')).then_some((Unit::Quarter, number, 1))
    }

    /// A year behind a stroke or of two figures: "Q3/25", "Q3-2025", "Q1 27".
    fn joined_year(&self, at: usize) -> Option<Year> {
        let joint = usize::from(self.glued_mark(at, '/') || self.glued_mark(at, '-'));
        let long = self.year_digits(at + joint).filter(|_| joint == 1);
        let is_glued = is_glued_at(self.atoms, at + joint);
        let short = || {
            let year = self.short_year(at + joint).filter(|y| self.is_short_year(*y, at + joint + 1))?;
            (is_glued == (joint == 1)).then_some(year)
        };
        let year = long.or_else(short)?;
        Some(Year { len: joint + 1, year, is_fiscal: false })
    }

    fn is_of_the_year(&self, at: usize) -> bool {
        (self.fold(at), self.fold(at + 1), self.fold(at + 2)) == ("of", "the", "year")
    }
}
