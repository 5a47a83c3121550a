//! The judge from outside: answers compared, and queries with one mistake.

mod evaluate;
mod mutants;
mod reward;
mod same_answer;

use database::{ResultColumn, Rows};
use schema::Value;

/// Rows out of a table in text: rows on lines, cells between bars. `NULL`, whole numbers, numbers with a point, texts.
fn rows(text: &str) -> Rows {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let rows: Vec<Vec<Value>> = lines.map(|line| line.split('|').map(cell).collect()).collect();
    let width = rows.first().map_or(0, Vec::len);
    table(width, rows)
}

fn table(width: usize, rows: Vec<Vec<Value>>) -> Rows {
    let columns = (0..width).map(|i| ResultColumn { name: format!("c{i}"), declared: None }).collect();
    Rows { columns, rows, truncated: false }
}

fn cell(text: &str) -> Value {
    let text = text.trim();
    if text == "NULL" {
        return Value::Null;
    }
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => Value::Integer(whole),
        (_, Ok(number)) => Value::Real(number),
        _ => Value::Text(text.to_owned()),
    }
}
