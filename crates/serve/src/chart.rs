//! Which picture suits a result: a choice by the kinds of its columns, nothing that draws.

use answer::reply::Answer;
use schema::Value;
use serde::Serialize;
use utoipa::ToSchema;

/// The most bars that a person reads.
const MOST_BARS: usize = 50;

/// How a result may be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Chart {
    /// The kind of picture.
    pub kind: ChartKind,
    /// The column along it.
    pub x: String,
    /// The columns of numbers.
    pub y: Vec<String>,
}

/// Kinds of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChartKind {
    /// Numbers over time.
    Line,
    /// Numbers beside names.
    Bar,
}

/// The picture of an answer; none where rows are few, many, or without a name and a number.
pub fn chart(answer: &Answer) -> Option<Chart> {
    let rows = answer.rows.as_ref()?;
    let first = rows.first().filter(|_| rows.len() > 1)?;
    let is_number =
        |i: &usize| rows.iter().all(|row| matches!(row[*i], Value::Integer(_) | Value::Real(_) | Value::Null));
    let x = (0..first.len()).find(|i| !is_number(i))?;
    let y: Vec<String> = (x + 1..first.len()).filter(is_number).map(|i| answer.columns[i].clone()).collect();
    let is_time = rows.iter().all(|row| matches!(&row[x], Value::Text(text) if looks_like_a_time(text)));
    let kind = if is_time { ChartKind::Line } else { ChartKind::Bar };
    let is_readable = kind == ChartKind::Line || rows.len() <= MOST_BARS;
    (!y.is_empty() && is_readable).then(|| Chart { kind, x: answer.columns[x].clone(), y })
}

/// `2026`, `2026-03`, `2026-03-14`, `2026-Q1`.
fn looks_like_a_time(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.split('-');
    parts.next().is_some_and(|year| digits(year, 4))
        && parts.all(|part| digits(part, 2) || part.strip_prefix('Q').is_some_and(|quarter| digits(quarter, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(columns: &[&str], rows: Vec<Vec<Value>>) -> Option<Chart> {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        chart(&Answer { columns, rows: Some(rows), ..Answer::to("") })
    }

    #[test]
    fn names_make_bars_and_times_make_lines() {
        let row = |name: &str, number| vec![Value::Text(name.to_owned()), Value::Integer(number)];
        let bars = of(&["Name", "Budget"], vec![row("a", 1), row("b", 2)]).unwrap();
        assert_eq!((bars.kind, bars.x.as_str(), bars.y), (ChartKind::Bar, "Name", vec!["Budget".to_owned()]));
        let line = of(&["Month", "Budget"], vec![row("2026-01", 1), row("2026-02", 2)]).unwrap();
        assert_eq!(line.kind, ChartKind::Line);
        assert_eq!(of(&["Name", "Budget"], vec![row("a", 1)]), None);
        assert_eq!(of(&["A"], vec![vec![Value::Integer(1)], vec![Value::Integer(2)]]), None);
    }
}
