//! Days and half-open ranges of days: months, quarters, years, fiscal years, and what is relative to a day.

use jiff::Span;
use jiff::civil::Date;

/// What a date expression stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum When {
    /// One day.
    Day(Date),
    /// From the first day up to, not including, the second.
    Span(Date, Date),
}

/// A stretch of time that calendars divide years into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Unit {
    Day,
    Week,
    Fortnight,
    Month,
    Quarter,
    Half,
    Year,
    FiscalQuarter,
    FiscalYear,
}

/// The day asked on and the start of the fiscal year.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    pub(crate) today: Date,
    /// Month and day.
    pub(crate) fiscal_start: (i8, i8),
}

impl When {
    pub(crate) fn start(self) -> Date {
        match self {
            When::Day(day) | When::Span(day, _) => day,
        }
    }

    /// The first day after.
    pub(crate) fn end(self) -> Option<Date> {
        match self {
            When::Day(day) => day.tomorrow().ok(),
            When::Span(_, end) => Some(end),
        }
    }
}

impl Calendar {
    /// Reads the glossary's `MM-DD`; anything else means 1 January.
    pub(crate) fn new(today: Date, fiscal_start: Option<&str>) -> Self {
        let parsed = fiscal_start.and_then(|text| {
            let (month, day) = text.split_once('-')?;
            let start = (month.parse().ok()?, day.parse().ok()?);
            Date::new(2023, start.0, start.1).ok().map(|_| start)
        });
        Calendar { today, fiscal_start: parsed.unwrap_or((1, 1)) }
    }

    /// The n-th month, quarter or half of a year, from 1; the whole year for years.
    pub(crate) fn part_of_year(&self, year: i16, unit: Unit, number: i8) -> Option<When> {
        let (start, months) = match unit {
            Unit::Month => (Date::new(year, number, 1).ok()?, 1),
            Unit::Quarter => (Date::new(year, 3 * number - 2, 1).ok()?, 3),
            Unit::Half => (Date::new(year, 6 * number - 5, 1).ok()?, 6),
            Unit::Year => (Date::new(year, 1, 1).ok()?, 12),
            Unit::FiscalQuarter => (add(self.fiscal_year_start(year)?, Unit::Month, 3 * (i64::from(number) - 1))?, 3),
            Unit::FiscalYear => (self.fiscal_year_start(year)?, 12),
            Unit::Day | Unit::Week | Unit::Fortnight => return None,
        };
        Some(When::Span(start, add(start, Unit::Month, months)?))
    }

    /// The fiscal year named after the year in which it ends; it is that year itself where it starts on 1 January.
    fn fiscal_year_start(&self, year: i16) -> Option<Date> {
        let (month, day) = self.fiscal_start;
        let earlier = i16::from(self.fiscal_start != (1, 1));
        Date::new(year.checked_sub(earlier)?, month, day).ok()
    }

    /// The fiscal year that a day is in, by the name it has.
    pub(crate) fn fiscal_year_of(&self, day: Date) -> i16 {
        let (month, day_of_month) = self.fiscal_start;
        let started = (day.month(), day.day()) >= (month, day_of_month);
        day.year() + i16::from(started && self.fiscal_start != (1, 1))
    }

    /// The unit that holds today, or the one `offset` units after it.
    pub(crate) fn around_today(&self, unit: Unit, offset: i64) -> Option<When> {
        let today = self.today;
        let start = match unit {
            Unit::Day => today,
            Unit::Week => add(today, Unit::Day, -i64::from(today.weekday().to_monday_zero_offset()))?,
            Unit::Fortnight => return None,
            Unit::Month => today.first_of_month(),
            Unit::Quarter => Date::new(today.year(), (today.month() - 1) / 3 * 3 + 1, 1).ok()?,
            Unit::Half => Date::new(today.year(), (today.month() - 1) / 6 * 6 + 1, 1).ok()?,
            Unit::Year => Date::new(today.year(), 1, 1).ok()?,
            Unit::FiscalYear => self.fiscal_year_start(self.fiscal_year_of(today))?,
            Unit::FiscalQuarter => {
                let year = self.fiscal_year_start(self.fiscal_year_of(today))?;
                let mut starts = (0..4).rev().filter_map(|q| add(year, Unit::Month, 3 * q));
                starts.find(|start| *start <= today)?
            }
        };
        let start = add(start, unit, offset)?;
        match unit {
            Unit::Day => Some(When::Day(start)),
            _ => Some(When::Span(start, add(start, unit, 1)?)),
        }
    }

    /// The last `count` units up to and including today.
    pub(crate) fn trailing(&self, unit: Unit, count: i64) -> Option<When> {
        Some(When::Span(add(self.today, unit, -count)?, self.today.tomorrow().ok()?))
    }

    /// From today over the next `count` units, the last day included.
    pub(crate) fn ahead(&self, unit: Unit, count: i64) -> Option<When> {
        Some(When::Span(self.today, add(self.today, unit, count)?.tomorrow().ok()?))
    }

    /// The `count` whole units before or, where `count` is negative, after the one that holds today.
    pub(crate) fn whole_units(&self, unit: Unit, count: i64) -> Option<When> {
        let current = self.around_today(unit, 0)?;
        let (start, end) = if count >= 0 {
            (add(current.start(), unit, -count)?, current.start())
        } else {
            (current.end()?, add(current.end()?, unit, -count)?)
        };
        Some(When::Span(start, end))
    }

    /// From the start of the current unit to today.
    pub(crate) fn so_far(&self, unit: Unit) -> Option<When> {
        Some(When::Span(self.around_today(unit, 0)?.start(), self.today.tomorrow().ok()?))
    }
}

/// A day some units later (earlier where `count` is negative); `None` outside the calendar.
pub(crate) fn add(day: Date, unit: Unit, count: i64) -> Option<Date> {
    let span = match unit {
        Unit::Day => Span::new().try_days(count),
        Unit::Week => Span::new().try_weeks(count),
        Unit::Fortnight => Span::new().try_weeks(count.checked_mul(2)?),
        Unit::Month => Span::new().try_months(count),
        Unit::Quarter | Unit::FiscalQuarter => Span::new().try_months(count.checked_mul(3)?),
        Unit::Half => Span::new().try_months(count.checked_mul(6)?),
        Unit::Year | Unit::FiscalYear => Span::new().try_years(count),
    };
    day.checked_add(span.ok()?).ok()
}
