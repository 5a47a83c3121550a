//! Values of a row that look at other rows: its place, its share, what came before; and totals of the rows that refer
//! to it.

use schema::{ColumnId, ForeignKeyId, Role};

use super::super::meaning::{Filter, Function};
use super::super::sample;
use super::super::shapes::draft::{Rows, Thing, Total};
use super::super::shapes::pen::Pen;
use super::frame::Frame;
use super::part::{Nature, Near, Phrase, Val};
use super::value::Draw;

/// Values that look at other rows of the same list, with their weights.
pub const WINDOWS: &[(f64, Draw)] = &[
    (2.0, rank),
    (1.6, rank_within),
    (1.6, share),
    (1.6, share_within),
    (1.0, running),
    (0.8, previous),
    (0.8, change),
    (1.8, deviation),
    (1.2, deviation_within),
];

/// Totals of the rows that refer to this one, with their weights.
pub const CHILDREN: &[(f64, Draw)] = &[
    (3.0, child_count),
    (2.5, child_total),
    (1.2, child_latest),
    (0.8, child_average),
    (1.0, child_percent_of_own),
    (0.8, own_less_children),
    (0.8, children_less_children),
];

fn amount(pen: &mut Pen<'_, '_>, frame: &Frame) -> Option<ColumnId> {
    pen.number(frame.table)
}

/// The place by an amount among all rows listed.
pub fn rank(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let m = amount(pen, frame)?;
    let sql = format!("RANK() OVER (ORDER BY {} DESC)", pen.col(&frame.root, m));
    let phrase = Phrase::new("rank").with("m", Thing::Column(m));
    Some(Val::new(sql, phrase.thing(), (Nature::Rank, Near::Nothing)).over_rows())
}

/// The place by an amount among the rows of the same category.
pub fn rank_within(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (m, c) = (amount(pen, frame)?, pen.category(frame.table)?);
    let (value, group) = (pen.col(&frame.root, m), pen.col(&frame.root, c));
    let sql = format!("RANK() OVER (PARTITION BY {group} ORDER BY {value} DESC)");
    let phrase = Phrase::new("rank_within").with("m", Thing::Column(m)).with("c", Thing::Column(c));
    Some(Val::new(sql, phrase.thing(), (Nature::Rank, Near::Nothing)).over_rows())
}

/// The share in the total of all rows listed.
pub fn share(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let m = pen.amount(frame.table)?;
    let value = pen.col(&frame.root, m);
    let phrase = Phrase::new("row_share").with("m", Thing::Column(m));
    let sql = format!("100.0 * {value} / SUM({value}) OVER ()");
    Some(Val::new(sql, phrase.thing(), (Nature::Percent, Near::Nothing)).nullable().over_rows())
}

/// The share in the total of the rows of the same category.
pub fn share_within(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (m, c) = (pen.amount(frame.table)?, pen.category(frame.table)?);
    let (value, group) = (pen.col(&frame.root, m), pen.col(&frame.root, c));
    let phrase = Phrase::new("row_share_within").with("m", Thing::Column(m)).with("c", Thing::Column(c));
    let sql = format!("100.0 * {value} / SUM({value}) OVER (PARTITION BY {group})");
    Some(Val::new(sql, phrase.thing(), (Nature::Percent, Near::Nothing)).nullable().over_rows())
}

/// What tells the rows of a table apart, for an order without ties.
fn code(pen: &Pen<'_, '_>, frame: &Frame) -> Option<ColumnId> {
    let key = pen.id(frame.table);
    let shown = pen.shown(frame.table);
    (shown.contains(&key) && pen.world.role(key) == Role::Code).then_some(key)
}

/// The running total in the order of a date.
pub fn running(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (m, d) = (pen.amount(frame.table)?, pen.date(frame.table)?);
    let (value, day) = (pen.col(&frame.root, m), pen.col(&frame.root, d));
    let phrase = Phrase::new("row_running").with("m", Thing::Column(m)).with("d", Thing::Column(d));
    let sql = format!("SUM({value}) OVER (ORDER BY {day})");
    Some(Val::new(sql, phrase.thing(), (Nature::Amount, Near::Nothing)).over_rows())
}

fn before(pen: &mut Pen<'_, '_>, frame: &Frame) -> Option<(ColumnId, ColumnId, ColumnId, String)> {
    let (m, d, tie) = (pen.amount(frame.table)?, pen.date(frame.table)?, code(pen, frame)?);
    let (value, day, by) = (pen.col(&frame.root, m), pen.col(&frame.root, d), pen.col(&frame.root, tie));
    Some((m, d, tie, format!("LAG({value}) OVER (ORDER BY {day}, {by})")))
}

/// The amount of the row before.
pub fn previous(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (m, d, tie, sql) = before(pen, frame)?;
    let phrase = Phrase::new("row_previous").with("m", Thing::Column(m)).with("d", Thing::Column(d));
    let phrase = phrase.with("tie", Thing::Column(tie));
    Some(Val::new(sql, phrase.thing(), (Nature::Amount, Near::Nothing)).nullable().over_rows())
}

/// The change against the row before.
pub fn change(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (m, d, tie, lag) = before(pen, frame)?;
    let phrase = Phrase::new("row_change").with("m", Thing::Column(m)).with("d", Thing::Column(d));
    let (phrase, sql) = (phrase.with("tie", Thing::Column(tie)), format!("{} - {lag}", pen.col(&frame.root, m)));
    Some(Val::new(sql, phrase.thing(), (Nature::Amount, Near::Nothing)).nullable().over_rows())
}

/// What an amount is above the average of all rows of the table.
pub fn deviation(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let m = pen.number(frame.table)?;
    let (own, inner) = (pen.col(&frame.root, m), frame.within(frame.table));
    let sql = format!("{own} - (SELECT AVG({}) FROM {})", pen.col(&inner.root, m), inner.source(pen));
    let phrase = Phrase::new("deviation").with("m", Thing::Column(m)).with("all", Thing::Table(frame.table));
    Some(Val::new(sql, phrase.thing(), (Nature::Amount, Near::Nothing)).nullable())
}

/// What an amount is above the average of the rows listed of the same category.
pub fn deviation_within(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (m, c) = (pen.number(frame.table)?, pen.category(frame.table)?);
    let (own, group) = (pen.col(&frame.root, m), pen.col(&frame.root, c));
    let sql = format!("{own} - AVG({own}) OVER (PARTITION BY {group})");
    let phrase = Phrase::new("deviation_within").with("m", Thing::Column(m)).with("c", Thing::Column(c));
    Some(Val::new(sql, phrase.thing(), (Nature::Amount, Near::Nothing)).nullable().over_rows())
}

/// Rows that refer to those of a table, with the key and now and then a condition.
pub fn referring(pen: &mut Pen<'_, '_>, frame: &Frame) -> Option<(ForeignKeyId, Rows)> {
    let key = pen.child(frame.table)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let refers = pen.col("t", pen.key(key)?.0);
    let mut filters = some_filters(pen, child, 0.55);
    filters.retain(|f| pen.condition(f, "t").is_some_and(|sql| !sql.contains(&refers)));
    Some((key, Rows { table: child, filters }))
}

/// At most one condition on the own columns of a table.
pub fn some_filters(pen: &mut Pen<'_, '_>, table: schema::TableId, often: f64) -> Vec<Filter> {
    if !pen.dice.chance(often) {
        return vec![];
    }
    let drawn = sample::some_filters(pen.world, table, pen.dice);
    drawn.into_iter().filter(|f| pen.condition(f, "t").is_some()).take(1).collect()
}

fn total_of(pen: &mut Pen<'_, '_>, frame: &mut Frame, function: Function) -> Option<Val> {
    let (key, rows) = referring(pen, frame)?;
    let of = match function {
        Function::Count => None,
        Function::Max => Some(pen.date(rows.table)?),
        Function::Avg => Some(pen.number(rows.table)?),
        _ => Some(pen.amount(rows.table)?),
    };
    let total = Total { function, of };
    let (from, to) = pen.key(key)?;
    let mut inner = frame.within(rows.table);
    let tests: Option<Vec<String>> = rows.filters.iter().map(|f| inner.filter(pen, f)).collect();
    let filter = super::frame::all_of(&tests?);
    let (k, value) = (pen.col(&inner.root, from), total.sql_of(pen, &inner.root));
    let part = format!("SELECT {k} AS k, {value} AS v FROM {}{filter} GROUP BY {k}", inner.source(pen));
    let name = format!("c{}", frame.with.len() + 1);
    frame.join_part((name.clone(), part), &pen.col(&frame.root, to), true);
    named(&name, function, of, rows)
}

/// The total of a part as a value: zero where there are no rows to add up or count.
fn named(name: &str, function: Function, of: Option<ColumnId>, rows: Rows) -> Option<Val> {
    let zero = matches!(function, Function::Count | Function::Sum);
    let sql = if zero { format!("COALESCE({name}.v, 0)") } else { format!("{name}.v") };
    let (kind, nature, near) = match (function, of) {
        (Function::Count, _) => ("child_count", Nature::Count, Near::Few),
        (Function::Max, _) => ("child_latest", Nature::Date, Near::Nothing),
        (Function::Avg, Some(of)) => ("child_average", Nature::Amount, Near::Column(of, 1.0)),
        (_, Some(of)) => ("child_total", Nature::Amount, Near::Column(of, 2.0)),
        _ => return None,
    };
    let phrase = Phrase::new(kind).with("kids", Thing::Rows(rows));
    let phrase = if let Some(of) = of { phrase.with("m", Thing::Column(of)) } else { phrase };
    let val = Val::new(sql, phrase.thing(), (nature, near));
    Some(if zero { val } else { val.nullable() })
}

/// The total of the rows that refer to this one in percent of an amount of its own.
pub fn child_percent_of_own(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (own, total) = (pen.amount(frame.table)?, child_total(pen, frame)?);
    let phrase = Phrase::new("child_percent").with("v", total.thing).with("own", Thing::Column(own));
    let sql = format!("100.0 * {} / {}", total.sql, pen.col(&frame.root, own));
    Some(Val::new(sql, phrase.thing(), (Nature::Percent, Near::Percent)).nullable())
}

/// An amount of the row less the total of the rows that refer to it.
pub fn own_less_children(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (own, total) = (pen.amount(frame.table)?, child_total(pen, frame)?);
    let phrase = Phrase::new("own_less_children").with("v", total.thing).with("own", Thing::Column(own));
    let sql = format!("{} - {}", pen.col(&frame.root, own), total.sql);
    Some(Val::new(sql, phrase.thing(), (Nature::Amount, Near::Column(own, 0.5))).nullable())
}

/// The rows that a total of referring rows speaks of: their table, and their conditions as SQL.
fn kids(pen: &Pen<'_, '_>, thing: &Thing) -> Option<(schema::TableId, Vec<Option<String>>)> {
    let Thing::Phrase(phrase) = thing else { return None };
    phrase.things.iter().find_map(|(_, thing)| match thing {
        Thing::Rows(rows) => Some((rows.table, rows.filters.iter().map(|f| pen.condition(f, "t")).collect())),
        _ => None,
    })
}

/// The total of some rows that refer to this one less that of others.
pub fn children_less_children(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let draw = if pen.dice.chance(0.5) { child_total } else { child_count };
    let (one, two) = (draw(pen, frame)?, draw(pen, frame)?);
    if kids(pen, &one.thing) == kids(pen, &two.thing) {
        return None;
    }
    let phrase = Phrase::new("children_less_children").with("v", one.thing).with("w", two.thing);
    Some(Val::new(format!("{} - {}", one.sql, two.sql), phrase.thing(), (Nature::Amount, Near::Few)))
}

/// How many rows refer to this one.
pub fn child_count(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    total_of(pen, frame, Function::Count)
}

/// The sum of an amount of the rows that refer to this one.
pub fn child_total(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    total_of(pen, frame, Function::Sum)
}

/// The latest date of the rows that refer to this one.
pub fn child_latest(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    total_of(pen, frame, Function::Max)
}

/// The average of an amount of the rows that refer to this one.
pub fn child_average(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    total_of(pen, frame, Function::Avg)
}
