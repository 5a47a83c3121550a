//! Completions made to be wrong and to look right.

use judge::{Mutant, mutant, mutants};
use schema::{Catalog, Value};
use sql::print::{compact, literal_text, readable};
use sql::tree::{Expr, ExprKind, Query};
use sql::visit::{arity, each_expr_mut};

use super::Docket;
use crate::commands::bench::Even;

/// A completion that may well be wrong.
pub(super) struct Adversary {
    /// What was done.
    pub(super) kind: &'static str,
    /// More about it.
    pub(super) detail: String,
    pub(super) text: String,
}

/// A completion is stuffed with so many copies of what it should hold.
const STUFFING: usize = 8;

/// Tries of a second mistake beside one that was wanted.
const TRIES: usize = 3;

/// All ways to be wrong by one step, in any order, then queries with two mistakes, until there are `wanted` of one question
/// or no more are found. `others` are references of other questions.
pub(super) fn adversaries(
    docket: &Docket,
    catalog: &Catalog,
    others: &[&Docket],
    wanted: usize,
    even: &mut Even,
) -> Vec<Adversary> {
    let query = docket.reference.query();
    let mut found = degenerate(docket, catalog, others, even);
    found.extend(literals(query, catalog));
    let first: Vec<Mutant> = mutants(query, catalog).collect();
    found.extend(
        first.iter().map(|mutant| of("one mistake", mutant.edit.to_string(), readable(&mutant.query, catalog))),
    );
    found.extend(thoughtful(&found, query, catalog, even));
    (1..found.len()).rev().for_each(|last| found.swap(last, even.below(last + 1)));
    let missing = wanted.saturating_sub(found.len());
    for _ in 0..missing * TRIES {
        if found.len() >= wanted || first.is_empty() {
            break;
        }
        let one = &first[even.below(first.len())];
        found.extend(twice_wrong(one, catalog, even.below(first.len())));
    }
    found
}

/// A mistake with another one beside it.
fn twice_wrong(one: &Mutant, catalog: &Catalog, second: usize) -> Option<Adversary> {
    let two = mutant(&one.query, catalog, second)?;
    Some(of("two mistakes", format!("{} and {}", one.edit, two.edit), readable(&two.query, catalog)))
}

fn of(kind: &'static str, detail: impl Into<String>, text: impl Into<String>) -> Adversary {
    Adversary { kind, detail: detail.into(), text: text.into() }
}

/// Answers that hold nothing, constants, or everything at once.
fn degenerate(docket: &Docket, catalog: &Catalog, others: &[&Docket], even: &mut Even) -> Vec<Adversary> {
    let (query, sql) = (docket.reference.query(), compact(docket.reference.query(), catalog));
    let width = arity(query);
    let tables = sql::features::tables(query);
    let Some(table) = tables.first().map(|table| catalog.table(*table)) else { return vec![] };
    let name = sql::lexeme::identifier(&table.name);
    let list = |value: &str| vec![value; width].join(", ");
    let all: Vec<String> = table.columns.iter().map(|column| sql::lexeme::identifier(&column.name)).collect();
    let stuffed = vec![all.join(", "); STUFFING / 4].join(", ");
    let words = "SELECT FROM WHERE GROUP BY HAVING ORDER BY LIMIT JOIN ".repeat(STUFFING);
    let mut found = vec![
        of("empty result", "LIMIT 0", format!("SELECT * FROM ({sql}) LIMIT 0")),
        of("empty result", "a condition that never holds", format!("SELECT * FROM ({sql}) WHERE 1 = 0")),
        of("empty result", "past the end", format!("SELECT * FROM ({sql}) LIMIT 10 OFFSET 100000")),
        of("constants", "zeros", format!("SELECT {}", list("0"))),
        of("constants", "NULLs", format!("SELECT {}", list("NULL"))),
        of("constants", "ones of every row", format!("SELECT {} FROM {name}", list("1"))),
        of(
            "constants",
            "beside a comment that holds the reference",
            format!("SELECT {} /* {sql} */ FROM {name}", list("1")),
        ),
        of("keyword stuffing", "every column", format!("SELECT {} FROM {name}", all.join(", "))),
        of("keyword stuffing", "every column twice", format!("SELECT {stuffed} FROM {name}")),
        of("keyword stuffing", "a comment of keywords", format!("SELECT * FROM {name} -- {words}")),
        of("keyword stuffing", "everything beside everything", format!("SELECT * FROM ({sql}) AS a, ({sql}) AS b")),
        of("keyword stuffing", "every row twice", format!("SELECT * FROM ({sql}) UNION ALL SELECT * FROM ({sql})")),
    ];
    if let Some(other) = others.get(even.below(others.len())) {
        let other = readable(other.reference.query(), catalog);
        found.push(of("another question's answer", "", other.clone()));
        found.push(of("reasoning stuffing", "the right query as a thought", format!("<think>{sql}</think>\n{other}")));
    }
    found
}

/// Every literal replaced by others nearby and far away.
fn literals(query: &Query, catalog: &Catalog) -> Vec<Adversary> {
    let mut count = 0;
    each_expr_mut(&mut query.clone(), &mut |expr| count += usize::from(matches!(expr.kind, ExprKind::Literal(_))));
    let mut found = vec![];
    for place in 0..count {
        for change in 0..CHANGES {
            let mut changed = query.clone();
            let (mut at, mut detail) = (0, None);
            each_expr_mut(&mut changed, &mut |expr| {
                if let ExprKind::Literal(literal) = &expr.kind {
                    if at == place {
                        detail = other(&literal.value, change).map(|value| (literal_text(&literal.value), value));
                        if let Some((_, value)) = &detail {
                            *expr = Expr::value(value.clone());
                        }
                    }
                    at += 1;
                }
            });
            if let Some((was, is)) = detail {
                let detail = format!("{was} to {}", literal_text(&is));
                found.push(of("another literal", detail, readable(&changed, catalog)));
            }
        }
    }
    found
}

/// Ways to change a literal.
const CHANGES: usize = 6;

fn other(value: &Value, change: usize) -> Option<Value> {
    match value {
        Value::Integer(whole) => {
            let others = [whole + 1, whole - 1, whole * 10, whole / 2, -whole, 0];
            Some(others[change]).filter(|other| other != whole).map(Value::Integer)
        }
        Value::Real(number) => {
            let others = [number + 1.0, number - 1.0, number * 10.0, number / 2.0, -number, 0.0];
            Some(others[change]).filter(|other| other != number).map(Value::Real)
        }
        Value::Text(text) => Some(other_text(text, change)).filter(|other| other != text).map(Value::Text),
        Value::Null | Value::Blob(_) => None,
    }
}

/// A day a little off, or a text without its ends, in other letters, or none at all.
fn other_text(text: &str, change: usize) -> String {
    let day = |month: &str, day: &str| match text.get(..4).filter(|year| year.bytes().all(|b| b.is_ascii_digit())) {
        Some(year) if text.len() == 10 && text.as_bytes()[4] == b'-' => format!("{year}-{month}-{day}"),
        _ => text.to_owned(),
    };
    match change {
        0 => day("02", "01"),
        1 => day("12", "31"),
        2 => text.to_lowercase(),
        3 => text.chars().skip(1).collect(),
        4 => format!("{text} "),
        _ => String::new(),
    }
}

/// Some of the wrong queries behind a thought that names everything.
fn thoughtful(wrong: &[Adversary], query: &Query, catalog: &Catalog, even: &mut Even) -> Vec<Adversary> {
    let tables: Vec<&str> = catalog.tables.iter().map(|table| table.name.as_str()).collect();
    let right = compact(query, catalog).repeat(2);
    let all = format!(
        "tables {}; with COUNT, SUM, AVG, MIN, MAX, GROUP BY, ORDER BY, HAVING, LIMIT; {right}",
        tables.join(", ")
    );
    let pick = |_| wrong.get(even.below(wrong.len()));
    let picked = (0..STUFFING / 2).map(pick).collect::<Vec<_>>();
    picked
        .into_iter()
        .flatten()
        .map(|one| of("reasoning stuffing", one.detail.clone(), format!("<think>{all}</think>\n{}", one.text)))
        .collect()
}
