//! Standard output and standard error: data on one, talk on the other.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use schema::Value;

/// Writes one line of talk; nobody listening is no error.
pub(crate) fn talk(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes one line of data.
///
/// # Errors
/// When standard output is closed or full.
pub(crate) fn line(line: impl fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Whether a person reads standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Marks of colour on a terminal that wants them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// Whether colours are written at all.
    pub(crate) on: bool,
}

impl Paint {
    /// A heading.
    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Something beside the point.
    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// Something good.
    pub(crate) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Something to look at.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Something wrong.
    pub(crate) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A whole number with separators for people: 1,234,567.
pub(crate) fn separated(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time with its unit for people.
pub(crate) fn duration(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{:.0} µs", ms * 1000.0),
        ms if ms < 1000.0 => format!("{ms:.1} ms"),
        ms => format!("{:.2} s", ms / 1000.0),
    }
}

/// A long time for people: 12 s, 3 min 20 s, 1 h 05 min.
pub(crate) fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{} h {minutes:02} min", separated(hours.into())),
    }
}

/// A cell for people. Control characters, which could move the cursor, are shown as escapes.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(whole) => separated(i128::from(*whole)),
        Value::Real(real) => real_text(*real),
        Value::Text(text) => plain(text),
        Value::Blob(bytes) => format!("({} bytes)", bytes.len()),
    }
}

/// A floating number with separators and at most four decimals.
fn real_text(real: f64) -> String {
    if !real.is_finite() || real.abs() >= 1e15 || (real != 0.0 && real.abs() < 1e-4) {
        return real.to_string();
    }
    let text = format!("{:.4}", real.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = decimals.trim_end_matches('0');
    let whole = separated(whole.parse().unwrap_or(0));
    let sign = if real < 0.0 { "-" } else { "" };
    if decimals.is_empty() { format!("{sign}{whole}.0") } else { format!("{sign}{whole}.{decimals}") }
}

/// Text without characters that would control a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_people() {
        let spans = [0.4, 59.9, 200.0, 3600.0, 1e7].map(span);
        assert_eq!(spans, ["0 s", "59 s", "3 min 20 s", "1 h 00 min", "2,777 h 46 min"]);
        assert_eq!(span(f64::NAN), "0 s");
    }

    #[test]
    fn numbers_are_read_by_people() {
        let check = |value: Value, text: &str| assert_eq!(cell(&value), text);
        check(Value::Integer(1_234_567), "1,234,567");
        check(Value::Integer(-100), "-100");
        check(Value::Integer(i64::MIN), "-9,223,372,036,854,775,808");
        check(Value::Real(1234.5), "1,234.5");
        check(Value::Real(-0.25), "-0.25");
        check(Value::Real(2.0), "2.0");
        check(Value::Real(1e300), &1e300f64.to_string());
        check(Value::Text("a\u{1b}[2J".to_owned()), "a\\u{1b}[2J");
    }
}
