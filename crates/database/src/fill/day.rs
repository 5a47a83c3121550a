//! Days and moments as text, and arithmetic on them.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use schema::Value;

use super::random::Random;

const EPOCH: Date = date(2000, 1, 1);
/// Opening hours, in seconds after midnight: stamps fall between them.
const OFFICE_HOURS: (i64, i64) = (7 * 3_600, 19 * 3_600);

/// Days after 2000-01-01.
pub(super) fn number_of(day: Date) -> i64 {
    EPOCH.until(day).map(|span| i64::from(span.get_days())).unwrap_or(0)
}

/// The day with this number.
pub(super) fn of_number(number: i64) -> Option<Date> {
    EPOCH.checked_add(number.days()).ok()
}

/// The day that `YYYY-MM-DD`, or the start of `YYYY-MM-DD HH:MM:SS`, names.
pub(super) fn parse(text: &str) -> Option<i64> {
    text.get(..10)?.parse().ok().map(number_of)
}

/// The day that a value holds.
pub(super) fn of_value(value: &Value) -> Option<i64> {
    match value {
        Value::Text(text) => parse(text),
        _ => None,
    }
}

/// `YYYY-MM-DD`, with a time within office hours where one is wanted.
pub(super) fn to_value(number: i64, with_time: bool, random: &mut Random) -> Value {
    let Some(day) = of_number(number) else { return Value::Null };
    if !with_time {
        return Value::Text(day.to_string());
    }
    let second = random.between(OFFICE_HOURS.0, OFFICE_HOURS.1);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    Value::Text(format!("{day} {hour:02}:{minute:02}:{second:02}"))
}
