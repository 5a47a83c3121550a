//! Dates and ranges as people write them: `2024-03-05`, `March 5th`, `Q3 2024`, "last 90 days", "end of March".
//!
//! One function for each form (years and what is relative to today in modules of their own); at a position the form that takes most of the question wins. A form gives its readings
//! likeliest first: `05/03/2024` is 3 May, then 5 March. Where no year is said it is the year asked in.

mod relative;
mod years;

use jiff::civil::Date;

use self::years::Year;
use crate::atom::{Atom, digits_at, fold_at, fold_before, is_glued_at, is_mark_at};
use crate::calendar::{Calendar, Unit, When};

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
    let reader = Reader { atoms, calendar, year: calendar.today.year(), in_range: false, in_edge: false };
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
}

impl Reader<'_> {
    /// The longest form at this position.
    fn moment(&self, at: usize) -> Option<Dated> {
        let forms: [fn(&Self, usize) -> Option<Dated>; 15] = [
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
        let loose = Reader { in_range: true, ..*self };
        let first_len = loose.moment(at).map(|m| m.len).or_else(|| self.day_number(at).map(|_| 1))?;
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
        digits_at(self.atoms, at).filter(|d| (1..=31).contains(d) && !atom.glued).map(|d| d as i8)
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

    /// "2024 March", "2024 Q3", "2024 H1".
    fn year_and_month(&self, at: usize) -> Option<Dated> {
        let year = self.year_digits(at)?;
        if let Some(month) = month_name(self.fold(at + 1)) {
            return one(2, self.calendar.part_of_year(year, Unit::Month, month)?);
        }
        let skip = 1 + usize::from(self.is_mark(at + 1, '-'));
        let (unit, number) = self.letter_and_number(at + skip)?;
        one(skip + 2, self.calendar.part_of_year(year, unit, number)?)
    }

    /// "5 March 2024", "5th of March", "5-Mar-2024".
    fn day_and_month(&self, at: usize) -> Option<Dated> {
        let day = self.day_number(at)?;
        let mut n = 1 + usize::from(self.is_ordinal_ending(at + 1));
        n += usize::from(self.fold(at + n) == "of" || self.is_mark(at + n, '-'));
        let month = month_name(self.fold(at + n))?;
        n += 1;
        n += usize::from(self.glued_mark(at + n, '-') && self.year_digits(at + n + 1).is_some());
        let said = self.year_after(at + n);
        self.day_of_year(n, said, month, day)
    }

    /// "March 5th, 2024", "March 5".
    fn month_first(&self, at: usize) -> Option<Dated> {
        let month = month_name(self.fold(at))?;
        let day = self.day_number(at + 1)?;
        let n = 2 + usize::from(self.is_ordinal_ending(at + 2));
        let said = self.year_after(at + n);
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

    fn is_ordinal_ending(&self, at: usize) -> bool {
        is_glued_at(self.atoms, at) && matches!(self.fold(at), "st" | "nd" | "rd" | "th")
    }

    /// "March 2024", "Mar-24", "March of last year", "last March", "in March".
    fn named_month(&self, at: usize) -> Option<Dated> {
        let (shift, skip) = match self.fold(at) {
            "last" | "previous" | "past" => (Some(-1), 1),
            "next" | "coming" => (Some(1), 1),
            "this" => (Some(0), 1),
            _ => (None, 0),
        };
        let month = month_name(self.fold(at + skip))?;
        if let Some(shift) = shift {
            return one(2, self.calendar.part_of_year(self.year_of_month(month, shift), Unit::Month, month)?);
        }
        let dash = usize::from(self.is_mark(at + 1, '-') && is_glued_at(self.atoms, at + 1));
        if let Some(said) = self.year_after(at + 1 + dash) {
            let month = self.calendar.part_of_year(said.year, Unit::Month, month)?;
            return one(1 + dash + said.len, month);
        }
        if let Some(short) = self.short_year(at + 1 + dash).filter(|_| dash == 1) {
            return one(3, self.calendar.part_of_year(short, Unit::Month, month)?);
        }
        if let Some(year) = self.listed_year(at + 1) {
            return one(1, self.calendar.part_of_year(year, Unit::Month, month)?);
        }
        let sure = self.in_range || self.is_month_here(at);
        let years = [self.year, self.year - 1, self.year + 1];
        let readings = years.iter().filter_map(|y| self.calendar.part_of_year(*y, Unit::Month, month)).collect();
        sure.then_some(Dated { len: 1, readings })
    }

    /// The year that ends a list: 2024 in "January, February and March 2024", "Q1 and Q2 2024".
    fn listed_year(&self, at: usize) -> Option<i16> {
        let mut at = at;
        for _ in 0..12 {
            let comma = usize::from(self.is_mark(at, ','));
            let word = usize::from(matches!(self.fold(at + comma), "and" | "or" | "vs" | "versus" | "&"));
            at += comma + word;
            let is_month = month_name(self.fold(at)).is_some();
            at += if is_month { 1 } else { self.letter_and_number(at).map(|_| 2)? };
            if let Some(said) = self.year_after(at).filter(|_| comma + word > 0) {
                return Some(said.year);
            }
        }
        None
    }

    fn year_of_month(&self, month: i8, shift: i16) -> i16 {
        let today = self.calendar.today;
        match shift {
            -1 if month < today.month() => today.year(),
            1 if month > today.month() => today.year(),
            _ => today.year() + shift,
        }
    }

    /// "may" and "march" are also verbs, short forms also names.
    fn is_month_here(&self, at: usize) -> bool {
        const BEFORE: [&str; 18] = [
            "in", "since", "of", "for", "during", "before", "after", "by", "until", "till", "from", "to", "between",
            "through", "end", "late", "early", "mid",
        ];
        let word = self.fold(at);
        let listed = BEFORE.contains(&fold_before(self.atoms, at));
        let capital = self.atoms[at].is_capitalised();
        match word {
            "may" | "march" => listed && (capital || word == "march"),
            _ if word.len() > 4 || matches!(word, "june" | "july") => listed || capital,
            _ => listed,
        }
    }

    /// "Q3 2024", "H1 2025", "third quarter of last year", "first half of 2024".
    fn part_of_year(&self, at: usize) -> Option<Dated> {
        let is_fiscal = matches!(self.fold(at), "fiscal" | "financial");
        let start = at + usize::from(is_fiscal);
        let (unit, number, n) = match self.letter_and_number(start) {
            Some((unit, number)) => (unit, number, 2),
            None => self.ordinal_and_unit(start)?,
        };
        let mut n = n + usize::from(is_fiscal);
        let said = self.year_after(at + n);
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
    fn letter_and_number(&self, at: usize) -> Option<(Unit, i8)> {
        let unit = match self.fold(at) {
            "q" => Unit::Quarter,
            "h" => Unit::Half,
            _ => return None,
        };
        let number = self.glued_digits(at + 1)? as i8;
        let most = if unit == Unit::Quarter { 4 } else { 2 };
        let ends = !self.atoms.get(at + 2).is_some_and(|a| a.glued && a.is_word() && !a.is_possessive());
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
            _ => None,
        }
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
