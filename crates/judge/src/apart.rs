//! The rows in which two results differ, for people.

use std::collections::HashMap;

use database::Rows;
use schema::Value;
use serde::{Deserialize, Serialize};

/// How many differing rows are shown of each side.
const SHOWN: usize = 3;

/// The first rows in which two results differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Apart {
    /// Position of the database, from 0.
    pub database: usize,
    /// Rows and columns of the reference's result.
    pub expected_shape: (usize, usize),
    /// Rows and columns of the answer's result.
    pub got_shape: (usize, usize),
    /// Rows that only the reference has, three at most.
    pub only_expected: Vec<Vec<Value>>,
    /// Rows that only the answer has, three at most.
    pub only_got: Vec<Vec<Value>>,
}

impl Apart {
    /// The first rows of either result on a database that the other lacks; `width` is the number of expected columns.
    pub fn of(database: usize, expected: &[Vec<Value>], width: usize, got: &Rows) -> Self {
        Apart {
            database,
            expected_shape: (expected.len(), width),
            got_shape: (got.rows.len(), got.columns.len()),
            only_expected: surplus(expected, &got.rows),
            only_got: surplus(&got.rows, expected),
        }
    }
}

/// The first rows of one multiset that another lacks.
fn surplus(rows: &[Vec<Value>], others: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let key = |row: &Vec<Value>| format!("{row:?}");
    let mut counts: HashMap<String, usize> = HashMap::new();
    others.iter().for_each(|row| *counts.entry(key(row)).or_default() += 1);
    let lacks = |row: &&Vec<Value>| match counts.get_mut(&key(row)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    rows.iter().filter(lacks).take(SHOWN).cloned().collect()
}

/// A row as people read it: `("IT", 3, NULL)`.
pub(crate) fn shown(row: &[Value]) -> String {
    let cells: Vec<String> = row.iter().map(cell).collect();
    format!("({})", cells.join(", "))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(whole) => whole.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_counts_duplicates() {
        let row = |n: i64| vec![Value::Integer(n)];
        assert_eq!(surplus(&[row(1), row(1), row(2)], &[row(1), row(3)]), [row(1), row(2)]);
        assert!(surplus(&[row(1)], &[row(1), row(1)]).is_empty());
    }

    #[test]
    fn rows_are_shown_as_people_read_them() {
        let row = [Value::Text("a \"b\"".into()), Value::Integer(-1), Value::Real(0.5), Value::Null];
        assert_eq!(shown(&row), r#"("a \"b\"", -1, 0.5, NULL)"#);
    }
}
