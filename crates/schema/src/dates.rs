//! Dates and ranges as people write them: `2024-03-05`, `March 5th`, `Q3 2024`, "last 90 days", "end of March".
//!
//! One function for each form (years and what is relative to today in modules of their own); at a position the form that takes most of the question wins. A form gives its readings
//! likeliest first: `05/03/2024` is 3 May, then 5 March. Where no year is said it is the year asked in.

mod days;
mod edges;
mod months;
mod parts;
mod relative;
mod weeks;
mod years;

use jiff::civil::Date;

use crate::atom::{Atom, AtomKind, digits_at, fold_at, fold_before, is_glued_at, is_mark_at};
use crate::calendar::{Calendar, Unit, When};
use crate::words::is_function_word;

/// A date expression that begins at some atom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dated {
    /// How many atoms it takes.
    pub(crate) len: usize,
    /// At least one, likeliest first.
    pub(crate) readings: Vec<When>,
}

/// The date, range, or pair of dates that begins at this atom.
pub(crate) fn date_at(atoms: &[Atom<'_>], at: usize, calendar: &Calendar) -> Option<Dated> {
    let reader = Reader {
        atoms,
        calendar,
        year: calendar.today.year(),
        in_range: false,
        in_edge: false,
        year_may_be_short: false,
    };
    let single = reader.moment(at);
    reader.pair(at).filter(|range| single.as_ref().is_none_or(|s| range.len > s.len)).or(single)
}

struct Reader<'a> {
    atoms: &'a [Atom<'a>],
    calendar: &'a Calendar,
    /// The year where none is said.
    year: i16,
    /// One side of "from … to …" is being read: month names need no other sign that they are months.
    in_range: bool,
    /// What "end of" is said of is being read.
    in_edge: bool,
    /// Two figures behind a month are its year: the first side of a pair is a month without a day, "Jan - Mar 25".
    year_may_be_short: bool,
}

impl Reader<'_> {
    /// The longest form at this position.
    fn moment(&self, at: usize) -> Option<Dated> {
        let forms: [fn(&Self, usize) -> Option<Dated>; 24] = [
            Self::numeric,
            Self::year_and_month,
            Self::day_and_month,
            Self::month_first,
            Self::named_month,
            Self::part_of_year,
            Self::fiscal_year,
            Self::until_today,
            Self::relative,
            Self::counted,
            Self::edge,
            Self::stretch,
            Self::middle,
            Self::single_day,
            Self::bare_year,
            Self::short_years,
            Self::day_of_some_month,
            Self::days_of_month,
            Self::numbered_part,
            Self::calendar_week,
            Self::weekday,
            Self::period_end,
            Self::coming_days,
            Self::up_to,
        ];
        let mut best: Option<Dated> = None;
        for found in forms.iter().filter_map(|form| form(self, at)) {
            if best.as_ref().is_none_or(|b| found.len > b.len) {
                best = Some(found);
            }
        }
        best
    }

    fn fold(&self, at: usize) -> &str {
        fold_at(self.atoms, at)
    }

    fn is_mark(&self, at: usize, mark: char) -> bool {
        is_mark_at(self.atoms, at, mark)
    }

    /// "January to March 2024", "2022-2024", "between 5 and 20 March": one range; years and months that only the second
    /// side has hold for the first too.
    fn pair(&self, at: usize) -> Option<Dated> {
        let is_between = fold_before(self.atoms, at) == "between";
        let loose = Reader { in_range: true, year_may_be_short: month_name(self.fold(at)).is_some(), ..*self };
        let first_len = loose.moment(at).map(|m| m.len).or_else(|| self.day_number(at).map(|_| 1))?;
        let loose = Reader { year_may_be_short: loose.year_may_be_short && first_len == 1, ..loose };
        let joint = self.joint(at + first_len, is_between)?;
        let second_at = at + first_len + joint;
        let second = loose.moment(second_at).or_else(|| self.now(second_at))?;
        let last = *second.readings.first()?;
        let first = self.first_side(at, first_len, last)?;
        if last.start() < first.start() {
            return None;
        }
        let range = When::Span(first.start(), last.end()?);
        Some(Dated { len: first_len + joint + second.len, readings: vec![range] })
    }

    /// What joins the two sides: "to", "until", a dash, or "and" after "between".
    fn joint(&self, at: usize, is_between: bool) -> Option<usize> {
        match self.fold(at) {
            "to" | "until" | "till" | "til" | "through" | "thru" => Some(1),
            "up" if self.fold(at + 1) == "to" => Some(2),
            "and" | "&" if is_between => Some(1),
            "-" | "–" | "—" => Some(1),
            _ => None,
        }
    }

    /// The first side, read with the year (and month) of the second; the year before where it would lie after it.
    fn first_side(&self, at: usize, len: usize, last: When) -> Option<When> {
        let year = last.start().year();
        for year in [year, year - 1] {
            let reader = Reader { year, in_range: true, ..*self };
            let found = reader.moment(at).filter(|m| m.len == len).and_then(|m| m.readings.first().copied());
            let found = found.or_else(|| self.day_before(at, last));
            if let Some(first) = found.filter(|f| f.start() <= last.start()) {
                return Some(first);
            }
        }
        None
    }

    /// "5" in "between 5 and 20 March".
    fn day_before(&self, at: usize, last: When) -> Option<When> {
        let When::Day(last) = last else { return None };
        Some(When::Day(Date::new(last.year(), last.month(), self.day_number(at)?).ok()?))
    }

    fn day_number(&self, at: usize) -> Option<i8> {
        let atom = self.atoms.get(at).filter(|a| a.text.len() <= 2)?;
        // The second day of "1-15 June".
        let is_second = || at >= 2 && self.is_dash(at - 1) && digits_at(self.atoms, at - 2).is_some_and(|d| d <= 31);
        digits_at(self.atoms, at).filter(|d| (1..=31).contains(d) && (!atom.glued || is_second())).map(|d| d as i8)
    }

    fn is_dash(&self, at: usize) -> bool {
        self.is_mark(at, '-') || self.is_mark(at, '–')
    }

    /// Whether what goes before speaks of time here.
    fn is_cued(&self, at: usize) -> bool {
        const CUES: [&str; 20] = [
            "in", "on", "since", "until", "till", "by", "before", "after", "from", "to", "of", "for", "during",
            "dated", "through", "and", "or", "vs", "versus", "between",
        ];
        CUES.contains(&fold_before(self.atoms, at))
    }

    /// Whether nothing follows that a number here would be counted with or go on with.
    fn closes(&self, at: usize) -> bool {
        let Some(next) = self.atoms.get(at) else { return true };
        if next.is_word() {
            let or_more = self.fold(at) == "or" && matches!(self.fold(at + 1), "more" | "less" | "fewer" | "above");
            return next.is_possessive() || (is_function_word(&next.fold) && !or_more);
        }
        let goes_on = self.atoms.get(at + 1).is_some_and(|a| a.glued && a.is_digits());
        next.kind == AtomKind::Mark
            && !next.text.starts_with(['%', '€', '$', '£', '+', '&'])
            && !(goes_on && next.glued)
    }

    fn now(&self, at: usize) -> Option<Dated> {
        let today = matches!(self.fold(at), "now" | "date").then_some(self.calendar.today)?;
        one(1, When::Day(today))
    }

    /// `2024-03-05`, `2024/3/5`, `5.3.2024`, `05/03/2024`, `03/2024`, `2024-03`.
    fn numeric(&self, at: usize) -> Option<Dated> {
        if is_glued_at(self.atoms, at) && at > 0 && !opens(&self.atoms[at - 1]) {
            return None;
        }
        let first = digits_at(self.atoms, at)?;
        let mark = ['-', '/', '.'].into_iter().find(|m| self.glued_mark(at + 1, *m))?;
        let second = self.glued_digits(at + 2)?;
        let third = self.glued_mark(at + 3, mark).then(|| self.glued_digits(at + 4)).flatten();
        let lengths = [at, at + 2, at + 4].map(|at| self.atoms.get(at).map_or(0, |a| a.text.len()));
        let readings: Vec<When> = match (third, lengths) {
            (Some(third), [4, 1..=2, 1..=2]) => day(first, second, third).into_iter().collect(),
            (Some(third), [1..=2, 1..=2, 2 | 4]) => self.day_or_month_first(mark, first, second, third),
            (None, [4, 2, _]) if mark != '.' => self.month_of(first, second).into_iter().collect(),
            (None, [1..=2, 4, _]) if mark != '.' => self.month_of(second, first).into_iter().collect(),
            (None, [1..=2, 1..=2, _]) => return self.two_numbers(at, mark, first, second),
            _ => return None,
        };
        let len = if third.is_some() { 5 } else { 3 };
        (!readings.is_empty() && !self.glued_mark(at + len, mark)).then_some(Dated { len, readings })
    }

    /// With slashes the month is likelier first, with dots and dashes the day.
    fn day_or_month_first(&self, mark: char, first: u32, second: u32, year: u32) -> Vec<When> {
        let year = if year < 100 { 2000 + year } else { year };
        let month_first = day(year, first, second);
        let day_first = day(year, second, first);
        let ordered = if mark == '/' { [month_first, day_first] } else { [day_first, month_first] };
        let mut readings: Vec<When> = ordered.into_iter().flatten().collect();
        readings.dedup();
        readings
    }

    fn month_of(&self, year: u32, month: u32) -> Option<When> {
        let year = i16::try_from(year).ok().filter(|y| is_year(i64::from(*y)))?;
        self.calendar.part_of_year(year, Unit::Month, i8::try_from(month).ok().filter(|m| (1..=12).contains(m))?)
    }

    fn glued_mark(&self, at: usize, mark: char) -> bool {
        self.is_mark(at, mark) && is_glued_at(self.atoms, at) && is_glued_at(self.atoms, at + 1)
    }

    fn glued_digits(&self, at: usize) -> Option<u32> {
        if is_glued_at(self.atoms, at) { digits_at(self.atoms, at) } else { None }
    }
}

fn one(len: usize, when: When) -> Option<Dated> {
    Some(Dated { len, readings: vec![when] })
}

fn day(year: u32, month: u32, day: u32) -> Option<When> {
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    is_year(i64::from(date.year())).then_some(When::Day(date))
}

/// Years that business data speaks of.
fn is_year(year: i64) -> bool {
    (1990..=2099).contains(&year)
}

/// A mark after which digits begin afresh although glued to it.
fn opens(atom: &Atom<'_>) -> bool {
    atom.text.starts_with(['(', '[', '"', '“', '‘', '\'', '«', ',', ':', '=', '-', '–', '—', '<', '>', '?', ';'])
}

fn offset_word(word: &str) -> Option<i64> {
    match word {
        "this" | "current" => Some(0),
        "last" | "previous" | "prior" | "past" | "preceding" => Some(-1),
        "next" | "coming" | "upcoming" => Some(1),
        _ => None,
    }
}

fn month_name(word: &str) -> Option<i8> {
    const MONTHS: [&[&str]; 12] = [
        &["january", "jan"],
        &["february", "feb"],
        &["march", "mar"],
        &["april", "apr"],
        &["may"],
        &["june", "jun"],
        &["july", "jul"],
        &["august", "aug"],
        &["september", "sep", "sept"],
        &["october", "oct"],
        &["november", "nov"],
        &["december", "dec"],
    ];
    MONTHS.iter().position(|names| names.contains(&word)).map(|n| n as i8 + 1)
}
