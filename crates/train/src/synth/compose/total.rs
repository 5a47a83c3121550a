//! What is computed of each group, or of all rows, and conditions on it.

use schema::{ColumnId, Role};

use super::super::meaning::Function;
use super::super::shapes::draft::{Thing, Total};
use super::super::shapes::pen::Pen;
use super::condition;
use super::frame::{Frame, above_or_below, all_of};
use super::part::{Cond, Nature, Near, Phrase, Val};
use super::value;

/// Draws a total over a frame under conditions.
type Draw = fn(&mut Pen<'_, '_>, &mut Frame, &[Cond]) -> Option<Val>;

/// What is computed of each group, with weights.
const TOTALS: &[(f64, Draw)] = &[
    (4.0, count),
    (4.5, plain),
    (3.0, of_computed),
    (0.8, distinct),
    (2.0, count_if),
    (1.3, sum_if),
    (2.6, percent_if),
    (1.5, percent_of_totals),
    (1.2, difference_of_totals),
    (0.6, ratio_of_totals),
    (1.8, share_of_all),
    (0.8, average_against_all),
];

/// One total.
pub fn total(pen: &mut Pen<'_, '_>, frame: &mut Frame, conds: &[Cond]) -> Option<Val> {
    let weights: Vec<f64> = TOTALS.iter().map(|(w, _)| *w).collect();
    (0..6).find_map(|_| {
        let mut tried = frame.clone();
        let found = TOTALS[pen.dice.weighted(&weights)].1(pen, &mut tried, conds)?;
        *frame = tried;
        Some(found)
    })
}

/// One to four totals, all different.
pub fn totals(pen: &mut Pen<'_, '_>, frame: &mut Frame, conds: &[Cond]) -> Option<Vec<Val>> {
    let n = 1 + pen.dice.weighted(&[0.5, 0.33, 0.13, 0.04]);
    let mut found: Vec<Val> = vec![];
    for _ in 0..n * 4 {
        if found.len() >= n {
            break;
        }
        let mut tried = frame.clone();
        let Some(val) = total(pen, &mut tried, conds) else { continue };
        if found.iter().all(|v| v.sql != val.sql) {
            *frame = tried;
            found.push(val);
        }
    }
    (!found.is_empty()).then_some(found)
}

fn of(frame: &Frame, total: Total) -> Thing {
    Thing::Total(frame.table, total)
}

/// The number of rows.
pub fn count(_: &mut Pen<'_, '_>, frame: &mut Frame, _: &[Cond]) -> Option<Val> {
    let total = Total { function: Function::Count, of: None };
    Some(Val::new("COUNT(*)".into(), of(frame, total), (Nature::Count, Near::Few)))
}

fn plain(pen: &mut Pen<'_, '_>, frame: &mut Frame, _: &[Cond]) -> Option<Val> {
    let sum = pen.dice.chance(0.55);
    let column = if sum { pen.amount(frame.table)? } else { pen.number(frame.table)? };
    let dated = !sum && pen.dice.chance(0.15);
    let column = if dated { pen.date(frame.table)? } else { column };
    let function = match (sum, dated) {
        (true, _) => Function::Sum,
        (_, true) => *pen.dice.pick(&[Function::Min, Function::Max])?,
        _ => *pen.dice.pick(&[Function::Avg, Function::Avg, Function::Avg, Function::Min, Function::Max])?,
    };
    let total = Total { function, of: Some(column) };
    let factor = if sum { 3.0 } else { 1.0 };
    let (nature, near) = match (dated, pen.world.role(column)) {
        (true, _) => (Nature::Date, Near::Nothing),
        (_, Role::Percent) => (Nature::Percent, Near::Percent),
        _ => (Nature::Amount, Near::Column(column, factor)),
    };
    Some(Val::new(total.sql_of(pen, &frame.root), of(frame, total), (nature, near)).nullable())
}

/// A total of something computed for each row.
fn of_computed(pen: &mut Pen<'_, '_>, frame: &mut Frame, _: &[Cond]) -> Option<Val> {
    let val = value::computed(pen, frame)?;
    let summed = val.nature == Nature::Amount && pen.dice.chance(0.65);
    let (function, kind) = match (summed, pen.dice.below(5)) {
        (true, _) => ("SUM", "sum_of"),
        (_, 0) => ("MAX", "max_of"),
        (_, 1) if val.nature == Nature::Days => ("MIN", "min_of"),
        _ => ("AVG", "avg_of"),
    };
    let sql = format!("{function}({})", val.sql);
    Some(Val::new(sql, Phrase::new(kind).with("v", val.thing).thing(), (val.nature, val.near)).nullable())
}

fn distinct(pen: &mut Pen<'_, '_>, frame: &mut Frame, _: &[Cond]) -> Option<Val> {
    let parents = pen.world.parents(frame.table);
    let column = match pen.dice.pick(&parents).copied().filter(|_| pen.dice.chance(0.7)) {
        Some(key) => pen.key(key)?.0,
        None => pen.category(frame.table)?,
    };
    let sql = format!("COUNT(DISTINCT {})", pen.col(&frame.root, column));
    let to = parents.iter().find(|k| pen.key(**k).is_some_and(|(from, _)| from == column));
    let phrase = match to {
        Some(key) => Phrase::new("distinct_rows").with("x", Thing::Table(pen.world.catalog.foreign_key(*key).to)),
        None => Phrase::new("distinct_values").with("x", Thing::Column(column)),
    };
    Some(Val::new(sql, phrase.thing(), (Nature::Count, Near::Few)))
}

/// The number of rows that satisfy something.
fn count_if(pen: &mut Pen<'_, '_>, frame: &mut Frame, conds: &[Cond]) -> Option<Val> {
    let (filter, test) = condition::aside(pen, frame, conds)?;
    let phrase = Phrase::new("count_if").with("does", Thing::Does(frame.table, filter));
    let phrase = phrase.with("rows", Thing::Table(frame.table));
    let sql = format!("SUM(CASE WHEN {test} THEN 1 ELSE 0 END)");
    Some(Val::new(sql, phrase.thing(), (Nature::Count, Near::Few)))
}

fn sum_if(pen: &mut Pen<'_, '_>, frame: &mut Frame, conds: &[Cond]) -> Option<Val> {
    let m = pen.amount(frame.table)?;
    let (filter, test) = condition::aside(pen, frame, conds)?;
    let phrase = Phrase::new("sum_if").with("does", Thing::Does(frame.table, filter));
    let phrase = phrase.with("m", Thing::Column(m)).with("rows", Thing::Table(frame.table));
    let sql = format!("SUM(CASE WHEN {test} THEN {} ELSE 0 END)", pen.col(&frame.root, m));
    Some(Val::new(sql, phrase.thing(), (Nature::Amount, Near::Column(m, 2.0))))
}

/// The percentage of rows that satisfy something.
fn percent_if(pen: &mut Pen<'_, '_>, frame: &mut Frame, conds: &[Cond]) -> Option<Val> {
    let (filter, test) = condition::aside(pen, frame, conds)?;
    let phrase = Phrase::new("percent_if").with("does", Thing::Does(frame.table, filter));
    let phrase = phrase.with("rows", Thing::Table(frame.table));
    let sql = format!("100.0 * SUM(CASE WHEN {test} THEN 1 ELSE 0 END) / COUNT(*)");
    Some(Val::new(sql, phrase.thing(), (Nature::Percent, Near::Percent)))
}

fn two_sums(pen: &mut Pen<'_, '_>, frame: &Frame) -> Option<(ColumnId, ColumnId, String, String)> {
    let (a, b) = pen.two_amounts(frame.table)?;
    let sum = |c| format!("SUM({})", pen.col(&frame.root, c));
    Some((a, b, sum(a), sum(b)))
}

fn percent_of_totals(pen: &mut Pen<'_, '_>, frame: &mut Frame, _: &[Cond]) -> Option<Val> {
    let (a, b, x, y) = two_sums(pen, frame)?;
    let phrase = Phrase::new("percent_of_totals").with("a", Thing::Column(a)).with("b", Thing::Column(b));
    Some(Val::new(format!("100.0 * {x} / {y}"), phrase.thing(), (Nature::Percent, Near::Percent)).nullable())
}

fn difference_of_totals(pen: &mut Pen<'_, '_>, frame: &mut Frame, _: &[Cond]) -> Option<Val> {
    let (a, b, x, y) = two_sums(pen, frame)?;
    let phrase = Phrase::new("difference_of_totals").with("a", Thing::Column(a)).with("b", Thing::Column(b));
    Some(Val::new(format!("{x} - {y}"), phrase.thing(), (Nature::Amount, Near::Column(a, 1.0))).nullable())
}

fn ratio_of_totals(pen: &mut Pen<'_, '_>, frame: &mut Frame, _: &[Cond]) -> Option<Val> {
    let (a, b, x, y) = two_sums(pen, frame)?;
    let phrase = Phrase::new("ratio_of_totals").with("a", Thing::Column(a)).with("b", Thing::Column(b));
    Some(Val::new(format!("1.0 * {x} / {y}"), phrase.thing(), (Nature::Percent, Near::Few)).nullable())
}

/// The SQL of conditions.
pub fn tests(conds: &[Cond]) -> Vec<String> {
    conds.iter().map(|c| c.sql.clone()).collect()
}

/// The share of a group in the total of all.
fn share_of_all(pen: &mut Pen<'_, '_>, frame: &mut Frame, conds: &[Cond]) -> Option<Val> {
    let counted = pen.dice.chance(0.45);
    let of = if counted { None } else { Some(pen.amount(frame.table)?) };
    let function = if counted { Function::Count } else { Function::Sum };
    let sql = Total { function, of }.sql_of(pen, &frame.root);
    // Joins that stand only for what is shown would not change the total; those of conditions must be there.
    let all = format!("(SELECT {sql} FROM {}{})", frame.whole(pen, &tests(conds)), all_of(&tests(conds)));
    let phrase = match of {
        Some(m) => Phrase::new("share_of_sum").with("m", Thing::Column(m)),
        None => Phrase::new("share_of_count").with("rows", Thing::Table(frame.table)),
    };
    Some(Val::new(format!("100.0 * {sql} / {all}"), phrase.thing(), (Nature::Percent, Near::Percent)))
}

/// What the average of a group is above the average of all.
fn average_against_all(pen: &mut Pen<'_, '_>, frame: &mut Frame, conds: &[Cond]) -> Option<Val> {
    let m = pen.number(frame.table)?;
    let average = format!("AVG({})", pen.col(&frame.root, m));
    let all = format!("(SELECT {average} FROM {}{})", frame.whole(pen, &tests(conds)), all_of(&tests(conds)));
    let phrase = Phrase::new("average_against_all").with("m", Thing::Column(m));
    let phrase = phrase.with("rows", Thing::Table(frame.table));
    Some(Val::new(format!("{average} - {all}"), phrase.thing(), (Nature::Amount, Near::Nothing)).nullable())
}

/// A condition on groups, with its words.
type Kept = Option<(String, Phrase)>;

/// A condition on groups.
pub fn having(pen: &mut Pen<'_, '_>, frame: &mut Frame, (conds, totals): (&[Cond], &[Val])) -> Kept {
    match pen.dice.weighted(&[0.5, 0.2, 0.15, 0.15]) {
        0 => above_number(pen, frame, (conds, totals)),
        1 => enough_rows(pen, frame),
        2 => more_than_other(pen, frame),
        _ => above_all(pen, frame, conds),
    }
}

/// A total above or below a number.
fn above_number(pen: &mut Pen<'_, '_>, frame: &mut Frame, (conds, totals): (&[Cond], &[Val])) -> Kept {
    let val = match pen.dice.pick(totals).cloned().filter(|_| pen.dice.chance(0.75)) {
        Some(val) => val,
        None => total(pen, frame, conds)?,
    };
    let (n, unit) = val.threshold(pen)?;
    let kinds = [(">", "having_gt"), (">", "having_gt"), (">=", "having_gte"), ("<", "having_lt")];
    let (op, kind) = *pen.dice.pick(&kinds)?;
    let phrase = Phrase::new(kind).with("v", val.thing).with("n", Thing::Number(n, unit));
    Some((format!("{} {op} {n}", val.sql), phrase))
}

/// So many rows at least.
fn enough_rows(pen: &mut Pen<'_, '_>, frame: &Frame) -> Kept {
    let n = *pen.dice.pick(&[2, 2, 3, 3, 4, 5, 5, 10])?;
    let kinds = [(">=", "having_rows_gte"), (">=", "having_rows_gte"), (">", "having_rows_gt")];
    let (op, kind) = *pen.dice.pick(&kinds)?;
    let phrase = Phrase::new(kind).with("rows", Thing::Table(frame.table)).with("n", Thing::Number(n, None));
    Some((format!("COUNT(*) {op} {n}"), phrase))
}

/// One total above another.
fn more_than_other(pen: &mut Pen<'_, '_>, frame: &Frame) -> Kept {
    let (a, b, x, y) = two_sums(pen, frame)?;
    let phrase = Phrase::new("having_more").with("a", Thing::Column(a)).with("b", Thing::Column(b));
    Some((format!("{x} > {y}"), phrase))
}

/// An average above or below that of all rows.
fn above_all(pen: &mut Pen<'_, '_>, frame: &Frame, conds: &[Cond]) -> Kept {
    let m = pen.number(frame.table)?;
    let average = format!("AVG({})", pen.col(&frame.root, m));
    let all = format!("(SELECT {average} FROM {}{})", frame.whole(pen, &tests(conds)), all_of(&tests(conds)));
    let above = pen.dice.chance(0.7);
    let phrase = Phrase::new(if above { "having_above_all" } else { "having_below_all" });
    let phrase = phrase.with("m", Thing::Column(m)).with("rows", Thing::Table(frame.table));
    Some((format!("{average} {} {all}", above_or_below(above)), phrase))
}

/// The column that a condition fixes: it holds one value, or none.
pub fn fixes(cond: &Cond) -> Option<String> {
    let sql = cond.sql.trim_start_matches('(');
    let is_literal = |(_, value): &(&str, &str)| value.starts_with(|c: char| c == '\'' || c.is_ascii_digit());
    let (column, _) = sql.split_once(" = ").filter(is_literal).or(sql.split_once(" IS NULL"))?;
    if column.contains(' ') || sql.contains(" OR ") {
        return None;
    }
    // Conditions of the glossary do not quote their columns.
    match column.split_once('.') {
        Some((alias, name)) if !name.contains('"') => Some(format!("{alias}.\"{name}\"")),
        _ => Some(column.to_owned()),
    }
}
