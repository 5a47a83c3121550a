//! Ends of periods and stretches that end somewhere: "by year end", "EOQ", "expiring within 90 days", "12 months to June 2026".

use super::{Dated, Reader, one};
use crate::atom::{digits_at, fold_before, is_mark_at};
use crate::calendar::{Unit, When, add};

impl Reader<'_> {
    /// "by year end", "until month-end", "EOY", "year end 2025": the last day.
    pub(super) fn period_end(&self, at: usize) -> Option<Dated> {
        let (unit, n) = self.end_name(at)?;
        let said = self.year_after(at + n).filter(|_| unit == Unit::Year);
        let is_said = said.is_some() || (self.is_deadline(at) && self.closes(at + n));
        let whole = match said {
            Some(said) => self.calendar.part_of_year(said.year, Unit::Year, 1)?,
            None => self.calendar.around_today(unit, 0)?,
        };
        let last = whole.end()?.yesterday().ok()?;
        one(n + said.map_or(0, |y| y.len), When::Day(last)).filter(|_| is_said)
    }

    /// "year end", "year-end", "yearend", "EOY".
    fn end_name(&self, at: usize) -> Option<(Unit, usize)> {
        match self.fold(at) {
            "eoy" | "yearend" => return Some((Unit::Year, 1)),
            "eoq" => return Some((Unit::Quarter, 1)),
            "eom" | "monthend" => return Some((Unit::Month, 1)),
            _ => {}
        }
        let (unit, n) = self.unit(at)?;
        let dash = usize::from(self.is_mark(at + n, '-'));
        let is_period =
            matches!(unit, Unit::Month | Unit::Quarter | Unit::Year | Unit::FiscalYear | Unit::FiscalQuarter);
        (is_period && self.fold(at + n + dash) == "end").then_some((unit, n + dash + 1))
    }

    /// Whether what goes before, "the" aside, asks for a day: "by", "until".
    pub(super) fn is_deadline(&self, at: usize) -> bool {
        let at = at - usize::from(at > 0 && fold_before(self.atoms, at) == "the");
        matches!(fold_before(self.atoms, at), "by" | "until" | "till" | "before" | "after" | "since" | "through")
    }

    /// The "90 days" of "expiring within 90 days" and "within 90 days from now": from today on. "Resolved within 5 days" and
    /// "within 5 days of the start" are durations.
    pub(super) fn coming_days(&self, at: usize) -> Option<Dated> {
        if fold_before(self.atoms, at) != "within" {
            return None;
        }
        let (count, n) = self.count(at)?;
        let (unit, unit_len) = self.unit(at + n)?;
        let end = at + n + unit_len;
        let from_now = self.starting_now(end);
        let to_come = at >= 2 && is_to_come(fold_before(self.atoms, at - 1)) && self.closes(end);
        let is_duration = matches!(self.fold(end), "of" | "after" | "from" | "before" | "to" | "until" | "since");
        let fits = from_now.is_some() || (to_come && !is_duration);
        let ahead = self.calendar.ahead(unit, count).filter(|_| fits)?;
        one(n + unit_len + from_now.unwrap_or(0), ahead)
    }

    /// "from now", "from today", "hence".
    pub(super) fn starting_now(&self, at: usize) -> Option<usize> {
        match (self.fold(at), self.fold(at + 1)) {
            ("from", "now" | "today") => Some(2),
            ("hence", _) => Some(1),
            _ => None,
        }
    }

    /// "12 months to June 2026", "the quarter ended 30 June 2026".
    pub(super) fn up_to(&self, at: usize) -> Option<Dated> {
        let counted = self.count(at).filter(|_| digits_at(self.atoms, at).is_some() || self.fold(at) != "one");
        let (count, n) = counted.unwrap_or((1, 0));
        let (unit, unit_len) = self.unit(at + n).filter(|(unit, _)| !matches!(unit, Unit::Day | Unit::Week))?;
        let joint = at + n + unit_len;
        let is_ended = matches!(self.fold(joint), "ended" | "ending");
        let is_to = self.fold(joint) == "to" && (n > 0 || fold_before(self.atoms, at) == "the");
        let is_glued = is_mark_at(self.atoms, joint, '-');
        if self.in_edge || self.in_range || is_glued || !(is_ended || is_to) {
            return None;
        }
        let loose = Reader { in_range: true, in_edge: true, ..*self };
        let last = loose.moment(joint + 1)?;
        let is_month = |when: &When| add(when.start(), Unit::Month, 1) == when.end();
        let end = last.readings.first().filter(|w| matches!(w, When::Day(_)) || is_month(w))?.end()?;
        one(n + unit_len + 1 + last.len, When::Span(add(end, unit, -count)?, end))
    }
}

/// Verbs of what is still to come: "expiring within 90 days".
fn is_to_come(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "expire",
        "expires",
        "expiring",
        "end",
        "ends",
        "ending",
        "due",
        "lapse",
        "lapses",
        "lapsing",
        "starting",
        "beginning",
        "maturing",
        "finishing",
    ];
    WORDS.contains(&word)
}
