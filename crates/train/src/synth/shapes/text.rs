//! Small pieces of SQL text.

use sql::date_part::DatePart;

/// A text literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name in quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Stretches of time that rows are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Years.
    Year,
    /// Quarters, as `2026-Q4`.
    Quarter,
    /// Months.
    Month,
}

impl Unit {
    /// The part of a day that tells one from another.
    pub fn of(self, date: &str) -> String {
        let part = match self {
            Unit::Year => DatePart::Year,
            Unit::Quarter => DatePart::Quarter,
            Unit::Month => DatePart::Month,
        };
        part.sql(date)
    }

    /// What one is called.
    pub fn noun(self) -> &'static str {
        match self {
            Unit::Year => "year",
            Unit::Quarter => "quarter",
            Unit::Month => "month",
        }
    }
}

/// `low <= date < high`.
pub fn within(date: &str, start: &str, end: &str) -> String {
    format!("{date} >= {} AND {date} < {}", literal(start), literal(end))
}

/// Days between two dates.
pub fn days(from: &str, to: &str) -> String {
    format!("julianday({to}) - julianday({from})")
}
