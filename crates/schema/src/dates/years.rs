//! Years: four digits that read as one, fiscal years, and the year behind a month or quarter.

use super::{Dated, Reader, is_year, offset_word, one, opens};
use crate::atom::{Atom, fold_before, is_glued_at};
use crate::calendar::Unit;
use crate::numbers::{is_inside_code, tens_word, unit_word};

/// A year as it was said behind a month or quarter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Year {
    pub(super) len: usize,
    pub(super) year: i16,
    pub(super) is_fiscal: bool,
}

impl Reader<'_> {
    /// A year behind a month or quarter: "2024", ", 2024", "of 2024", "'24", "FY24", "last year", "of this year".
    pub(super) fn year_after(&self, at: usize) -> Option<Year> {
        let skip = usize::from(matches!(self.fold(at), "of" | "in" | ","));
        let is_comma = skip == 1 && self.is_mark(at, ',');
        let at = at + skip;
        if let Some(year) = self.year_digits(at) {
            return Some(Year { len: skip + 1, year, is_fiscal: false });
        }
        if is_comma {
            return None;
        }
        if self.atoms.get(at).is_some_and(|a| a.text.starts_with(crate::words::is_apostrophe))
            && is_glued_at(self.atoms, at + 1)
        {
            return self.short_year(at + 1).map(|year| Year { len: skip + 2, year, is_fiscal: false });
        }
        if let Some((year, n)) = self.fiscal_name(at) {
            return Some(Year { len: skip + n, year, is_fiscal: true });
        }
        if let Some((year, n)) = self.spoken_year(at) {
            return Some(Year { len: skip + n, year, is_fiscal: false });
        }
        let the = usize::from(skip == 1 && self.fold(at) == "the");
        let offset = offset_word(self.fold(at + the))?;
        let said = matches!(self.fold(at + the + 1), "year" | "years");
        let year = self.calendar.today.year() + offset as i16;
        said.then_some(Year { len: skip + the + 2, year, is_fiscal: false })
    }

    /// "twenty twenty-five", "nineteen ninety nine", and after a word of time "two thousand and twenty five".
    pub(super) fn spoken_year(&self, at: usize) -> Option<(i16, usize)> {
        let (century, mut n) = match (self.fold(at), self.fold(at + 1)) {
            ("twenty", _) => (2000, 1),
            ("nineteen", _) => (1900, 1),
            ("two", "thousand")
                if matches!(fold_before(self.atoms, at), "in" | "since" | "until" | "during" | "year") =>
            {
                (2000, 2 + usize::from(self.fold(at + 2) == "and"))
            }
            _ => return None,
        };
        n += usize::from(self.is_dash(at + n) && is_glued_at(self.atoms, at + n));
        let (rest, len) = self.two_figures(at + n)?;
        n += len;
        let year = century + rest;
        (is_year(i64::from(year)) && self.closes_year(at + n)).then_some((year, n))
    }

    /// "twenty five", "nineteen" or "thirty" as a number from 10 to 99.
    fn two_figures(&self, at: usize) -> Option<(i16, usize)> {
        if let Some(tens) = tens_word(self.fold(at)) {
            let dash = usize::from(self.is_dash(at + 1));
            let unit = unit_word(self.fold(at + 1 + dash)).filter(|u| (1..=9).contains(u));
            return Some((tens as i16 + unit.unwrap_or(0) as i16, 1 + unit.map_or(0, |_| 1 + dash)));
        }
        unit_word(self.fold(at)).filter(|n| *n >= 10).map(|n| (n as i16, 1))
    }

    /// Whether no factor or unit makes an amount of what was read.
    fn closes_year(&self, at: usize) -> bool {
        let word = self.fold(at);
        !matches!(word, "percent" | "per" | "hundred" | "thousand" | "million" | "billion" | "k" | "euros" | "dollars")
            && !self.is_mark(at, '%')
            && self.unit(at).is_none()
    }

    /// "twenty twenty five"; "'25" behind a space; "CY25", "fiscal year 25".
    pub(super) fn short_years(&self, at: usize) -> Option<Dated> {
        if let Some((year, n)) = self.spoken_year(at) {
            return one(n, self.calendar.part_of_year(year, Unit::Year, 1)?);
        }
        let is_short = self.atoms.get(at).is_some_and(|a| a.text.starts_with(crate::words::is_apostrophe) && !a.glued);
        if is_short && is_glued_at(self.atoms, at + 1) && self.closes_glued(at + 2) {
            let year = self.short_year(at + 1)?;
            return one(2, self.calendar.part_of_year(year, Unit::Year, 1)?);
        }
        let (unit, n) = match (self.fold(at), self.fold(at + 1)) {
            ("cy", _) => (Unit::Year, 1),
            ("fiscal" | "financial", "year") => (Unit::FiscalYear, 2),
            _ => return None,
        };
        let year = self.short_year(at + n).filter(|y| self.is_short_year(*y, at + n + 1))?;
        one(n + 1, self.calendar.part_of_year(year, unit, 1)?)
    }

    /// Whether nothing is glued on behind two figures.
    fn closes_glued(&self, at: usize) -> bool {
        !self.atoms.get(at).is_some_and(|a| a.glued && (a.is_word() || a.is_digits()) && !a.is_possessive())
    }

    /// A year near today: two figures that may be one.
    pub(super) fn is_near(&self, year: i16) -> bool {
        (self.calendar.today.year() - year).abs() <= 10
    }

    /// Whether two figures that end before this atom are a year rather than a count.
    pub(super) fn is_short_year(&self, year: i16, end: usize) -> bool {
        self.is_near(year) && self.closes(end)
    }

    pub(super) fn short_year(&self, at: usize) -> Option<i16> {
        let two = self.atoms.get(at).filter(|a| a.text.len() == 2)?;
        two.text.parse::<i16>().ok().map(|y| if y >= 90 { 1900 + y } else { 2000 + y })
    }

    /// Four digits that can be a year and stand by themselves.
    pub(super) fn year_digits(&self, at: usize) -> Option<i16> {
        let atom = self.atoms.get(at).filter(|a| a.is_digits() && a.text.len() == 4)?;
        let year: i16 = atom.text.parse().ok().filter(|y| is_year(i64::from(*y)))?;
        let next = self.atoms.get(at + 1).filter(|a| a.glued);
        let after = self.atoms.get(at + 2).filter(|a| a.glued && a.is_digits());
        let goes_on = match next {
            Some(next) if next.is_word() => !next.is_possessive(),
            Some(next) => matches!(next.text, "." | "," | "/" | ":") && after.is_some(),
            None => false,
        };
        (!goes_on).then_some(year)
    }

    /// "FY24", "FY 2024", "fiscal year 2024", "fiscal 2024", "FY2023/24".
    pub(super) fn fiscal_year(&self, at: usize) -> Option<Dated> {
        let (year, n) = self.fiscal_name(at)?;
        let ending = self.calendar.part_of_year(year, Unit::FiscalYear, 1)?;
        let starting = self.calendar.part_of_year(year + 1, Unit::FiscalYear, 1);
        let mut readings = vec![ending];
        readings.extend(starting.filter(|_| self.calendar.fiscal_start != (1, 1)));
        let next = (year + 1) % 100;
        let is_span = || self.glued_mark(at + n, '-') && self.short_year(at + n + 1).is_some_and(|y| y % 100 == next);
        if (self.is_mark(at + n, '/') && self.glued_digits(at + n + 1).is_some()) || is_span() {
            readings.reverse();
            return Some(Dated { len: n + 2, readings });
        }
        Some(Dated { len: n, readings })
    }

    pub(super) fn fiscal_name(&self, at: usize) -> Option<(i16, usize)> {
        let n = match (self.fold(at), self.fold(at + 1)) {
            ("fy", _) => 1,
            ("fiscal" | "financial", "year") => 2,
            ("fiscal" | "financial", _) => 1,
            _ => return None,
        };
        let skip = usize::from(self.fold(at + n) == "of" || self.atoms.get(at + n).is_some_and(|a| a.text == "'"));
        let digits = at + n + skip;
        let short = if self.fold(at) == "fy" { self.short_year(digits) } else { None };
        let year = self.year_digits_of_fiscal(digits).or(short)?;
        Some((year, n + skip + 1))
    }

    /// As [`Self::year_digits`], where "2023/24" may follow.
    pub(super) fn year_digits_of_fiscal(&self, at: usize) -> Option<i16> {
        let atom = self.atoms.get(at).filter(|a| a.is_digits() && a.text.len() == 4)?;
        atom.text.parse().ok().filter(|y| is_year(i64::from(*y)))
    }

    /// "2024" where it reads as a year; "calendar year 2024", "the year 2024".
    pub(super) fn bare_year(&self, at: usize) -> Option<Dated> {
        let mut n = usize::from(self.fold(at) == "calendar");
        n += usize::from(self.fold(at + n) == "year" || self.fold(at + n) == "cy");
        let year = self.year_digits(at + n)?;
        if n == 0 && !self.reads_as_year(at) {
            return None;
        }
        one(n + 1, self.calendar.part_of_year(year, Unit::Year, 1)?)
    }

    /// Four digits are a year unless what stands around them speaks of an amount, a code or a count.
    pub(super) fn reads_as_year(&self, at: usize) -> bool {
        const COUNTED: [&str; 27] = [
            "than",
            "least",
            "most",
            "over",
            "above",
            "under",
            "below",
            "exceeding",
            "exceeds",
            "exceed",
            "equals",
            "equal",
            "limit",
            "top",
            "first",
            "last",
            "bottom",
            "number",
            "no",
            "code",
            "id",
            "about",
            "around",
            "roughly",
            "approximately",
            "nearly",
            "costs",
        ];
        const UNITS: [&str; 16] = [
            "dollars", "euros", "pounds", "rupees", "usd", "eur", "gbp", "inr", "percent", "k", "m", "million",
            "thousand", "hours", "days", "rows",
        ];
        let atom = &self.atoms[at];
        if is_inside_code(self.atoms, at) || self.is_code_head(at) {
            return false;
        }
        let before = at.checked_sub(1).and_then(|b| self.atoms.get(b));
        if before.is_some_and(|b| {
            (atom.glued && !opens(b)) || b.text.starts_with(['$', '€', '£', '¥', '₹', '=', '<', '>', '#'])
        }) {
            return false;
        }
        let word = fold_before(self.atoms, at);
        let next = self.fold(at + 1);
        let in_time = word == "than"
            && matches!(fold_before(self.atoms, at - 1), "older" | "newer" | "later" | "earlier" | "recent" | "sooner");
        let compared = (COUNTED.contains(&word) && !in_time) || UNITS.contains(&next);
        let or_more =
            next == "or" && matches!(self.fold(at + 2), "more" | "less" | "above" | "below" | "higher" | "lower");
        !compared && !or_more && !next.starts_with(['%', '€', '$', '£', '+']) && !self.is_amount_pair(at, word, next)
    }

    /// The digits of "2021-015": more digits follow that are no year.
    pub(super) fn is_code_head(&self, at: usize) -> bool {
        let glued = is_glued_at(self.atoms, at + 1) && self.is_mark(at + 1, '-');
        glued && self.glued_digits(at + 2).is_some() && self.year_digits(at + 2).is_none()
    }

    /// One of two numbers of which the other is no year: "between 2000 and 5000", "from 500 to 2000".
    pub(super) fn is_amount_pair(&self, at: usize, word: &str, next: &str) -> bool {
        let is_amount = |at: usize| self.atoms.get(at).is_some_and(Atom::is_digits) && self.year_digits(at).is_none();
        let after = matches!(next, "and" | "to") && matches!(word, "between" | "from") && is_amount(at + 2);
        let before = matches!(word, "and" | "to") && at >= 3 && is_amount(at - 2);
        after || (before && matches!(self.fold(at - 3), "between" | "from"))
    }
}
