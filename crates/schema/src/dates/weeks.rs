//! Calendar weeks and days of the week: "CW 14", "week 14 of 2025", "2025-W14", "last Monday", "by Friday".

use jiff::civil::{ISOWeekDate, Weekday};

use super::{Dated, Reader, month_name, one};
use crate::atom::{digits_at, fold_before, is_glued_at};
use crate::calendar::{Unit, When, add};

impl Reader<'_> {
    /// "calendar week 14", "CW14/25", "week 14 of 2025", "2025-W14": Monday to Sunday as ISO 8601 counts.
    pub(super) fn calendar_week(&self, at: usize) -> Option<Dated> {
        let named = self.week_name(at);
        let (week_at, year, n) = match named {
            Some(len) => (at + len, None, len + 1),
            None => self.year_before_week(at).map(|(year, len)| (at + len, Some(year), len + 1))?,
        };
        let week = digits_at(self.atoms, week_at).filter(|w| (1..=53).contains(w))? as i8;
        let behind = self.year_after(at + n).map(|y| (y.year, y.len)).or_else(|| self.stroke_year(at + n));
        let behind = behind.filter(|_| year.is_none());
        let is_sure = self.fold(at) != "w" || behind.is_some();
        // "the week 16 to 22 November" is a range of days, "week 16 November" none of ours.
        let is_day = || self.joint(at + n, true).is_some_and(|j| self.day_number(at + n + j).is_some());
        if behind.is_none() && (is_day() || month_name(self.fold(at + n)).is_some()) {
            return None;
        }
        let year = year.or(behind.map(|b| b.0)).unwrap_or(self.year);
        let monday = ISOWeekDate::new(year, week, Weekday::Monday).ok().filter(|_| is_sure)?.date();
        one(n + behind.map_or(0, |b| b.1), When::Span(monday, add(monday, Unit::Day, 7)?))
    }

    /// How many atoms name a week before its number.
    fn week_name(&self, at: usize) -> Option<usize> {
        match (self.fold(at), self.fold(at + 1)) {
            ("calendar" | "iso", "week") => Some(2),
            ("cw" | "kw" | "week" | "wk", _) => Some(1),
            ("w", _) if is_glued_at(self.atoms, at + 1) => Some(1),
            _ => None,
        }
    }

    /// The year and the "W" of "2025-W14".
    fn year_before_week(&self, at: usize) -> Option<(i16, usize)> {
        let year = self.year_digits(at)?;
        let dash = usize::from(self.glued_mark(at + 1, '-'));
        let is_week = self.fold(at + 1 + dash) == "w" && is_glued_at(self.atoms, at + 2 + dash);
        is_week.then_some((year, 2 + dash))
    }

    /// The "/25" of "CW14/25".
    fn stroke_year(&self, at: usize) -> Option<(i16, usize)> {
        let year = || self.year_digits(at + 1).or_else(|| self.short_year(at + 1).filter(|y| self.is_near(*y)));
        self.glued_mark(at, '/').then(year).flatten().map(|year| (year, 2))
    }

    /// "last Monday", "next Friday", "since Monday" (the latest). "By Friday" is mostly when the answer is wanted.
    pub(super) fn weekday(&self, at: usize) -> Option<Dated> {
        let (skip, nearest) = match self.fold(at) {
            "last" | "previous" | "past" => (1, -1),
            "next" | "coming" => (1, 1),
            _ if fold_before(self.atoms, at) == "since" => (0, -1),
            _ => return None,
        };
        let weekday = weekday_name(self.fold(at + skip))?;
        let today = self.calendar.today;
        // "Since Monday", asked on a Monday, means today; "last Monday" does not.
        let is_today = skip == 0 && today.weekday() == weekday;
        let day = if is_today { today } else { today.nth_weekday(nearest, weekday).ok()? };
        one(1 + skip, When::Day(day))
    }
}

fn weekday_name(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}
