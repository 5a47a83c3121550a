//! How values are said: numbers, money, days and periods.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use schema::{ColumnId, Value};

use super::dice::Dice;
use super::world::World;

/// A day or a period, and how it is said.
#[derive(Debug, Clone)]
pub struct Period {
    /// First day, `YYYY-MM-DD`.
    pub start: String,
    /// First day after; the same as `start` for a single day.
    pub end: String,
    /// The words.
    pub said: String,
}

/// As they are said and written.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A number as people choose them: one or two significant digits, times a factor.
pub fn round_number(value: &Value, factor: f64, dice: &mut Dice) -> Value {
    let x = match value {
        Value::Integer(i) => *i as f64,
        Value::Real(r) => *r,
        _ => 0.0,
    } * factor;
    if x.abs() < 1.0 {
        return Value::Integer(0);
    }
    let digits = 10f64.powf(x.abs().log10().floor());
    let step = *dice.pick(&[1.0, 0.5, 0.25, 0.1]).unwrap_or(&1.0) * digits;
    let rounded = (x / step).round() * step;
    Value::Integer(rounded.round() as i64)
}

/// A number times a factor, whole.
pub fn scaled(value: &Value, factor: f64) -> Value {
    match value {
        Value::Integer(i) => Value::Integer((*i as f64 * factor).round() as i64),
        other => other.clone(),
    }
}

/// A number as it is said: `100000`, `100,000`, `100k`, `$100,000`, `1.5 million`, `50 %`.
pub fn number(value: &Value, unit: Option<&str>, dice: &mut Dice) -> String {
    let Value::Integer(i) = *value else {
        return match value {
            Value::Real(r) => format!("{r}"),
            _ => "0".to_owned(),
        };
    };
    let plain = i.to_string();
    if unit == Some("percent") {
        return dice
            .pick(&[format!("{i}%"), format!("{i} %"), format!("{i} percent"), plain.clone(), format!("{i}%")])
            .cloned()
            .unwrap_or(plain);
    }
    if i.abs() < 1000 {
        let words =
            ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
        return match usize::try_from(i) {
            Ok(n) if (2..=12).contains(&n) && unit.is_none() && dice.chance(0.4) => words[n].to_owned(),
            _ if unit == Some("money") && dice.chance(0.12) => format!("${i}"),
            _ => plain,
        };
    }
    let mut forms = vec![plain, grouped(i), grouped(i)];
    if i % 100 == 0 {
        forms.push(format!("{}k", short(i as f64 / 1e3)));
        if i % 1000 == 0 {
            forms.push(format!("{}K", i / 1000));
            forms.push(format!("{} thousand", i / 1000));
        }
    }
    if i >= 1_000_000 && i % 10_000 == 0 {
        let millions = short(i as f64 / 1e6);
        forms.extend([
            format!("{millions}m"),
            format!("{millions}M"),
            format!("{millions} million"),
            format!("{millions} million"),
        ]);
    }
    if i == 500_000 {
        forms.push("half a million".to_owned());
    }
    let said = dice.pick(&forms).cloned().unwrap_or_default();
    match unit {
        Some("money") if dice.chance(0.12) => format!("${said}"),
        Some("money") if dice.chance(0.05) => format!("{said} dollars"),
        _ => said,
    }
}

fn short(x: f64) -> String {
    let text = format!("{x:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1,250,000`
pub fn grouped(i: i64) -> String {
    let digits = i.abs().to_string();
    let mut out = String::new();
    for (n, c) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if i < 0 { format!("-{out}") } else { out }
}

/// A day or period near the values of a date column.
pub fn period(world: &World<'_>, column: ColumnId, dice: &mut Dice) -> Option<Period> {
    let known = world.samples.get(&column)?;
    let texts: Vec<&String> =
        known.iter().filter_map(|v| if let Value::Text(t) = v { Some(t) } else { None }).collect();
    let near: Date = dice.pick(&texts)?.get(..10)?.parse().ok()?;
    let (year, month) = (near.year(), near.month());
    Some(match dice.weighted(&[0.34, 0.16, 0.18, 0.16, 0.16]) {
        0 => span(date(year, 1, 1), date(year + 1, 1, 1), year.to_string()),
        1 => quarter(year, (month - 1) / 3, dice),
        2 => a_month(year, month, dice),
        3 => day(near, dice),
        _ => relative(world.today, dice),
    })
}

/// A whole year, quarter or month, and how it is said.
pub fn stretch(start: Date, months: i16, dice: &mut Dice) -> Option<Period> {
    let month0 = i16::from(start.month()) - 1;
    match months {
        12 => Some(span(start, date(start.year() + 1, 1, 1), start.year().to_string())),
        3 => Some(quarter(start.year(), (month0 / 3) as i8, dice)),
        1 => Some(a_month(start.year(), start.month(), dice)),
        _ => None,
    }
}

/// A day, in one of the ways to write it.
pub fn day_said(at: Date, dice: &mut Dice) -> String {
    day(at, dice).said
}

fn span(start: Date, end: Date, said: String) -> Period {
    Period { start: start.to_string(), end: end.to_string(), said }
}

fn first_of(year: i16, month0: i16) -> Date {
    date(year + month0.div_euclid(12), month0.rem_euclid(12) as i8 + 1, 1)
}

fn quarter(year: i16, q: i8, dice: &mut Dice) -> Period {
    let words = ["first", "second", "third", "fourth"][q as usize];
    let n = q + 1;
    let forms = [
        format!("Q{n} {year}"),
        format!("Q{n} {year}"),
        format!("the {words} quarter of {year}"),
        format!("Q{n} of {year}"),
    ];
    let start = first_of(year, i16::from(q) * 3);
    span(start, first_of(year, i16::from(q) * 3 + 3), dice.pick(&forms).cloned().unwrap_or_default())
}

fn a_month(year: i16, month: i8, dice: &mut Dice) -> Period {
    let name = MONTHS[month as usize - 1];
    let forms = [
        format!("{name} {year}"),
        format!("{name} {year}"),
        format!("{} {year}", &name[..3]),
        format!("{name} of {year}"),
    ];
    let start = date(year, month, 1);
    span(start, first_of(year, i16::from(month)), dice.pick(&forms).cloned().unwrap_or_default())
}

fn day(day: Date, dice: &mut Dice) -> Period {
    let name = MONTHS[day.month() as usize - 1];
    let (y, d) = (day.year(), day.day());
    let forms = [
        day.to_string(),
        day.to_string(),
        format!("{d} {name} {y}"),
        format!("{name} {d}, {y}"),
        format!("{d} {} {y}", &name[..3]),
    ];
    span(day, day, dice.pick(&forms).cloned().unwrap_or_default())
}

fn relative(today: Date, dice: &mut Dice) -> Period {
    let (y, m) = (today.year(), i16::from(today.month()) - 1);
    let q = m / 3 * 3;
    match dice.below(8) {
        0 => span(date(y, 1, 1), date(y + 1, 1, 1), "this year".into()),
        1 => span(date(y - 1, 1, 1), date(y, 1, 1), "last year".into()),
        2 => span(date(y + 1, 1, 1), date(y + 2, 1, 1), "next year".into()),
        3 => span(first_of(y, m), first_of(y, m + 1), "this month".into()),
        4 => span(first_of(y, m - 1), first_of(y, m), "last month".into()),
        5 => span(first_of(y, q), first_of(y, q + 3), "this quarter".into()),
        6 => span(first_of(y, q - 3), first_of(y, q), "last quarter".into()),
        _ => {
            let n = *dice.pick(&[30, 60, 90]).unwrap_or(&30);
            let tomorrow = today.checked_add(1.day()).unwrap_or(today);
            span(today.checked_sub(n.days()).unwrap_or(today), tomorrow, format!("the last {n} days"))
        }
    }
}
