//! Dates relative to the day asked on: "last quarter", "next 30 days", "two weeks ago", "end of March".

use super::{Dated, Reader, offset_word, one};
use crate::atom::{Atom, digits_at, fold_before, is_glued_at};
use crate::calendar::{Unit, When, add};
use crate::numbers::number_at;
use crate::value::Value;

impl Reader<'_> {
    /// "year to date", "YTD", "this year so far".
    pub(super) fn until_today(&self, at: usize) -> Option<Dated> {
        let unit = match self.fold(at) {
            "ytd" => return one(1, self.calendar.so_far(Unit::Year)?),
            "qtd" => return one(1, self.calendar.so_far(Unit::Quarter)?),
            "mtd" => return one(1, self.calendar.so_far(Unit::Month)?),
            "this" => {
                let (unit, n) = self.unit(at + 1)?;
                let so_far = (self.fold(at + 1 + n), self.fold(at + 2 + n)) == ("so", "far");
                return one(n + 3, self.calendar.so_far(unit).filter(|_| so_far)?);
            }
            _ => self.unit(at)?,
        };
        let mut n = unit.1;
        n += usize::from(self.is_mark(at + n, '-'));
        let is_to = self.fold(at + n) == "to";
        n += 1 + usize::from(self.is_mark(at + n + 1, '-'));
        one(n + 1, self.calendar.so_far(unit.0).filter(|_| is_to && self.fold(at + n) == "date")?)
    }

    /// "this month", "last quarter", "next fiscal year", "past year".
    pub(super) fn relative(&self, at: usize) -> Option<Dated> {
        let word = self.fold(at);
        let offset = offset_word(word)?;
        let (unit, n) = self.unit(at + 1).filter(|(unit, _)| *unit != Unit::Day)?;
        if unit == Unit::Fortnight {
            let sliding = if offset < 0 { self.calendar.trailing(unit, 1) } else { self.calendar.ahead(unit, 1) };
            return one(n + 1, sliding.filter(|_| offset != 0)?);
        }
        let calendar = self.calendar.around_today(unit, offset)?;
        let mut readings = vec![calendar];
        if offset < 0 {
            readings.extend(self.calendar.trailing(unit, 1));
        }
        if word == "past" {
            readings.reverse();
        }
        Some(Dated { len: n + 1, readings })
    }

    /// "last 90 days", "past six months", "next 2 quarters".
    pub(super) fn counted(&self, at: usize) -> Option<Dated> {
        let word = self.fold(at);
        if matches!(word, "ltm" | "ttm") {
            return one(1, self.calendar.trailing(Unit::Month, 12)?);
        }
        let back = matches!(word, "last" | "past" | "previous" | "prior" | "preceding" | "trailing" | "rolling");
        let ahead = matches!(word, "next" | "coming" | "following" | "upcoming");
        if !back && !ahead {
            return None;
        }
        let (count, n) = self.count(at + 1)?;
        let skip = usize::from(self.is_mark(at + 1 + n, '-') || self.fold(at + 1 + n) == "full");
        let (unit, unit_len) = self.unit(at + 1 + n + skip).or_else(|| self.short_unit(at + 1 + n))?;
        let sliding = if back { self.calendar.trailing(unit, count) } else { self.calendar.ahead(unit, count) };
        let whole = self.calendar.whole_units(unit, if back { count } else { -count });
        let mut readings = vec![sliding?];
        readings.extend(whole.filter(|_| unit != Unit::Day));
        Some(Dated { len: 1 + n + skip + unit_len, readings })
    }

    /// A whole count in digits or words.
    pub(super) fn count(&self, at: usize) -> Option<(i64, usize)> {
        if let Some(count) = digits_at(self.atoms, at) {
            return (1..=10_000).contains(&count).then_some((i64::from(count), 1));
        }
        if self.fold(at) == "couple" && self.fold(at + 1) == "of" {
            return Some((2, 2));
        }
        let spoken = number_at(self.atoms, at)?;
        match spoken.value {
            Value::Integer(count) if (1..=10_000).contains(&count) => Some((count, spoken.len)),
            _ => None,
        }
    }

    /// The letter of "last 90d", "last 12m".
    fn short_unit(&self, at: usize) -> Option<(Unit, usize)> {
        let unit = match self.fold(at) {
            "d" => Unit::Day,
            "w" => Unit::Week,
            "m" | "mo" | "mos" | "mth" | "mths" => Unit::Month,
            "y" => Unit::Year,
            _ => return None,
        };
        is_glued_at(self.atoms, at).then_some((unit, 1))
    }

    /// A unit of time, and how many atoms its name takes.
    pub(super) fn unit(&self, at: usize) -> Option<(Unit, usize)> {
        let possessive = |n: usize| n + usize::from(self.atoms.get(at + n).is_some_and(Atom::is_possessive));
        let simple = match self.fold(at) {
            "day" | "days" => Unit::Day,
            "week" | "weeks" | "wk" | "wks" => Unit::Week,
            "fortnight" | "fortnights" => Unit::Fortnight,
            "month" | "months" => Unit::Month,
            "fy" | "fys" if digits_at(self.atoms, at + 1).is_none() => Unit::FiscalYear,
            "quarter" | "quarters" => Unit::Quarter,
            "year" | "years" | "yr" | "yrs" => Unit::Year,
            "calendar"
                if matches!(self.fold(at + 1), "year" | "month" | "quarter" | "years" | "months" | "quarters") =>
            {
                let (unit, n) = self.unit(at + 1)?;
                return Some((unit, n + 1));
            }
            "fiscal" | "financial" => match self.fold(at + 1) {
                "year" | "years" => return Some((Unit::FiscalYear, possessive(2))),
                "quarter" | "quarters" => return Some((Unit::FiscalQuarter, possessive(2))),
                _ => return None,
            },
            _ => return None,
        };
        Some((simple, possessive(1)))
    }

    /// "end of March", "the beginning of this year", "first day of next month", "end of the quarter".
    pub(super) fn edge(&self, at: usize) -> Option<Dated> {
        let (is_end, n) = match (self.fold(at), self.fold(at + 1)) {
            ("end" | "close", "of") => (true, 2),
            ("beginning" | "start", "of") => (false, 2),
            ("last", "day") if self.fold(at + 2) == "of" => (true, 3),
            ("first", "day") if self.fold(at + 2) == "of" => (false, 3),
            _ => return None,
        };
        if self.in_edge {
            return None;
        }
        let (whole, taken) = self.whole_after(at + n)?;
        let day_of = |when: &When| match (when, is_end) {
            (When::Span(_, end), true) => end.yesterday().ok().map(When::Day),
            (When::Span(start, _), false) => Some(When::Day(*start)),
            (When::Day(_), _) => None,
        };
        let readings: Vec<When> = whole.readings.iter().filter_map(day_of).collect();
        (!readings.is_empty()).then_some(Dated { len: n + taken, readings })
    }

    /// "first week of January", "last 10 days of the quarter": that many days or weeks at one end.
    pub(super) fn stretch(&self, at: usize) -> Option<Dated> {
        let at_end = match self.fold(at) {
            "last" | "final" | "closing" => true,
            "first" | "opening" => false,
            _ => return None,
        };
        let (count, n) = self.count(at + 1).unwrap_or((1, 0));
        let (unit, len) = self.unit(at + 1 + n).filter(|(unit, _)| matches!(unit, Unit::Day | Unit::Week))?;
        let of = at + 1 + n + len;
        if self.in_edge || self.fold(of) != "of" || (unit, n) == (Unit::Day, 0) {
            return None;
        }
        let (whole, taken) = self.whole_after(of + 1)?;
        let part_of = |when: &When| match *when {
            When::Span(_, end) if at_end => Some(When::Span(add(end, unit, -count)?, end)),
            When::Span(start, _) => Some(When::Span(start, add(start, unit, count)?)),
            When::Day(_) => None,
        };
        let readings: Vec<When> = whole.readings.iter().filter_map(part_of).collect();
        (!readings.is_empty()).then_some(Dated { len: of + 1 + taken - at, readings })
    }

    /// "mid-2023", "mid March": the first day of the second half, of a month the 15th.
    pub(super) fn middle(&self, at: usize) -> Option<Dated> {
        let n = match self.fold(at) {
            "mid" => 1 + usize::from(self.is_mark(at + 1, '-')),
            "middle" if self.fold(at + 1) == "of" => 2,
            _ => return None,
        };
        if self.in_edge {
            return None;
        }
        let (whole, taken) = self.whole_after(at + n)?;
        let middle_of = |when: &When| {
            let (start, end) = (when.start(), when.end()?);
            if add(start, Unit::Year, 1) == Some(end) {
                return add(start, Unit::Half, 1).map(When::Day);
            }
            (add(start, Unit::Month, 1) == Some(end)).then(|| add(start, Unit::Day, 14)).flatten().map(When::Day)
        };
        let readings: Vec<When> = whole.readings.iter().filter_map(middle_of).collect();
        (!readings.is_empty()).then_some(Dated { len: n + taken, readings })
    }

    /// What an edge is said of, "the" before it, and how many atoms both take: a date, or "the quarter" for this one.
    fn whole_after(&self, at: usize) -> Option<(Dated, usize)> {
        let the = usize::from(self.fold(at) == "the");
        let current = || {
            let (unit, len) = self.unit(at + the).filter(|(unit, _)| *unit != Unit::Day)?;
            one(len, self.calendar.around_today(unit, 0)?)
        };
        let loose = Reader { in_range: true, in_edge: true, ..*self };
        let whole = loose.moment(at + the).or_else(current)?;
        let taken = the + whole.len;
        Some((whole, taken))
    }

    /// "today", "yesterday", "tomorrow", "two weeks ago", "a year ago".
    pub(super) fn single_day(&self, at: usize) -> Option<Dated> {
        let offset = match self.fold(at) {
            "today" => Some(0),
            "yesterday" => Some(-1),
            "tomorrow" => Some(1),
            _ => None,
        };
        let possessive = usize::from(self.atoms.get(at + 1).is_some_and(Atom::is_possessive));
        if let Some(offset) = offset {
            return one(1 + possessive, self.calendar.around_today(Unit::Day, offset)?);
        }
        let (count, n) = match self.fold(at) {
            "a" | "an" | "one" => (1, 1),
            _ => self.count(at)?,
        };
        let (unit, unit_len) = self.unit(at + n)?;
        let ago = matches!(self.fold(at + n + unit_len), "ago" | "back");
        // "More than 90 days from today" is a distance, "within 90 days from now" a range.
        let is_distance =
            matches!(fold_before(self.atoms, at), "within" | "and" | "than" | "least" | "most" | "over" | "under");
        if let Some(len) = self.starting_now(at + n + unit_len).filter(|_| !is_distance) {
            return one(n + unit_len + len, When::Day(add(self.calendar.today, unit, count)?));
        }
        one(n + unit_len + 1, When::Day(add(self.calendar.today, unit, -count).filter(|_| ago)?))
    }
}
