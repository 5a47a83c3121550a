//! Small pieces of SQL text.

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
    /// Quarters, as a year and a number.
    Quarter,
    /// Months.
    Month,
}

impl Unit {
    /// The columns that tell one from another.
    pub fn columns(self, date: &str) -> Vec<String> {
        let year = format!("strftime('%Y', {date})");
        match self {
            Unit::Year => vec![year],
            Unit::Quarter => vec![year, format!("(CAST(strftime('%m', {date}) AS INTEGER) + 2) / 3")],
            Unit::Month => vec![format!("strftime('%Y-%m', {date})")],
        }
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
