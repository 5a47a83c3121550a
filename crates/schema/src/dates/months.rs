//! Months: "March 2024", "Mar-24", "Oct26", "Sept. 2025", "March of last year", "last March", "in March".

use super::{Dated, Reader, month_name, one};
use crate::atom::{fold_before, is_glued_at};
use crate::calendar::Unit;

impl Reader<'_> {
    /// "March 2024", "Mar-24", "March of last year", "last March", "in March".
    pub(super) fn named_month(&self, at: usize) -> Option<Dated> {
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
        let dot = self.month_at(at).map_or(0, |(_, n)| n - 1);
        if let Some(said) = self.year_after(at + 1 + dash + dot) {
            let month = self.calendar.part_of_year(said.year, Unit::Month, month)?;
            return one(1 + dash + dot + said.len, month);
        }
        if let Some(short) = self.short_year(at + 1 + dash).filter(|_| dash == 1) {
            return one(3, self.calendar.part_of_year(short, Unit::Month, month)?);
        }
        if let Some((short, n)) = self.glued_short_year(at + 1) {
            return one(1 + n, self.calendar.part_of_year(short, Unit::Month, month)?);
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
    pub(super) fn listed_year(&self, at: usize) -> Option<i16> {
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

    /// A month's name with the dot of a short one before a figure, "Sept. 2025": the month, and how many atoms.
    pub(super) fn month_at(&self, at: usize) -> Option<(i8, usize)> {
        let month = month_name(self.fold(at))?;
        let is_short = self.fold(at) != "may" && self.fold(at).len() <= 4;
        let figure = self.year_digits(at + 2).is_some() || (self.day_number(at + 2).is_some() && self.closes(at + 3));
        let dot = is_short && self.is_mark(at + 1, '.') && is_glued_at(self.atoms, at + 1) && figure;
        Some((month, 1 + usize::from(dot)))
    }

    /// The "26" of "Oct26" and "Oct/26".
    fn glued_short_year(&self, at: usize) -> Option<(i16, usize)> {
        let slash = usize::from(self.glued_mark(at, '/'));
        let year = self.short_year(at + slash).filter(|y| self.is_near(*y) && is_glued_at(self.atoms, at + slash))?;
        self.closes(at + slash + 1).then_some((year, slash + 1))
    }

    /// Whether "may" and "march" are the months before a spoken day: "on march second".
    pub(super) fn is_month_named(&self, at: usize) -> bool {
        let is_verb = matches!(self.fold(at), "may" | "march");
        !is_verb || self.is_cued_past_the(at) || (at > 0 && self.atoms[at].is_capitalised())
    }
}
