//! Values of one row: its columns, those of what it refers to, and what can be computed of them.

use schema::{ColumnId, ForeignKeyId, Role, TableId, Value};

use super::super::shapes::draft::Thing;
use super::super::shapes::pen::Pen;
use super::super::shapes::text::{days, literal};
use super::frame::Frame;
use super::part::{Nature, Near, Phrase, Val};

/// Draws a value over a frame; none where the dice led nowhere.
pub type Draw = fn(&mut Pen<'_, '_>, &mut Frame) -> Option<Val>;

/// One in so many dates must lie on the side of today that is spoken of.
const SEEN: usize = 8;

/// Computed values of a row that need no other row, with their weights.
pub const COMPUTED: &[(f64, Draw)] = &[
    (3.0, difference),
    (2.5, percent),
    (1.5, percent_over),
    (3.0, days_between),
    (1.8, days_since),
    (1.2, days_until),
    (0.6, product_percent),
    (0.15, thousands),
];

/// A computed value of a row.
pub fn computed(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    one_of(pen, frame, COMPUTED)
}

/// One of the draws, by weight; others where it leads nowhere.
pub fn one_of(pen: &mut Pen<'_, '_>, frame: &mut Frame, draws: &[(f64, Draw)]) -> Option<Val> {
    let weights: Vec<f64> = draws.iter().map(|(w, _)| *w).collect();
    (0..6).find_map(|_| {
        let mut tried = frame.clone();
        let found = draws[pen.dice.weighted(&weights)].1(pen, &mut tried)?;
        *frame = tried;
        Some(found)
    })
}

/// A plain column as a value.
pub fn column(pen: &Pen<'_, '_>, alias: &str, column: ColumnId, own: bool) -> Val {
    let (nature, near) = match pen.world.role(column) {
        Role::Measure => (Nature::Amount, Near::Column(column, 1.0)),
        Role::Percent => (Nature::Percent, Near::Percent),
        Role::Date => (Nature::Date, Near::Nothing),
        _ => (Nature::Text, Near::Nothing),
    };
    let thing = if own { Thing::Column(column) } else { Thing::Owned(column) };
    let val = Val::new(pen.col(alias, column), thing, (nature, near));
    if pen.world.catalog.column(column).not_null { val } else { val.nullable() }
}

/// A column of the row itself, in the proportion in which people ask for them.
pub fn own(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let columns = asked(pen, frame.table);
    let weights: Vec<f64> = columns.iter().map(|&c| often(pen, c)).collect();
    let chosen = *columns.get(pen.dice.weighted(&weights))?;
    Some(column(pen, &frame.root.clone(), chosen, true))
}

fn asked(pen: &Pen<'_, '_>, table: TableId) -> Vec<ColumnId> {
    use Role::{Code, Date, Dimension, Flag, Measure, Name, Percent, Status, Text};
    pen.columns(table, &[Code, Name, Measure, Percent, Status, Dimension, Date, Flag, Text])
}

fn often(pen: &Pen<'_, '_>, column: ColumnId) -> f64 {
    match pen.world.role(column) {
        Role::Measure => 2.5,
        Role::Name | Role::Code | Role::Date | Role::Percent => 2.0,
        Role::Status | Role::Dimension => 1.6,
        _ => 0.5,
    }
}

/// A column of a row that this one refers to, one or two keys up.
pub fn parents(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let path = path_up(pen, frame.table)?;
    let table = pen.world.catalog.foreign_key(*path.last()?).to;
    let columns =
        pen.columns(table, &[Role::Name, Role::Name, Role::Code, Role::Dimension, Role::Status, Role::Measure]);
    let weights: Vec<f64> = columns.iter().map(|&c| if pen.world.role(c) == Role::Name { 5.0 } else { 1.0 }).collect();
    let chosen = *columns.get(pen.dice.weighted(&weights))?;
    // The key itself stands in the row already.
    let is_key = pen.world.catalog.key_pairs(*path.last()?).any(|(_, to)| to == chosen);
    if is_key {
        return None;
    }
    let alias = frame.reach(pen, &path);
    Some(column(pen, &alias, chosen, false))
}

/// One or two keys towards the referred side.
pub fn path_up(pen: &mut Pen<'_, '_>, table: TableId) -> Option<Vec<ForeignKeyId>> {
    let keys = pen.world.parents(table);
    let first = *pen.dice.pick(&keys)?;
    let onward = pen.world.parents(pen.world.catalog.foreign_key(first).to);
    match pen.dice.pick(&onward).copied().filter(|_| pen.dice.chance(0.12)) {
        Some(second) => Some(vec![first, second]),
        None => Some(vec![first]),
    }
}

/// Two amounts of one kind: both sums of money, or both prices per unit.
pub fn alike(pen: &mut Pen<'_, '_>, table: TableId) -> Option<(ColumnId, ColumnId)> {
    let amounts = pen.amounts(table);
    let mut all = pen.columns(table, &[Role::Measure]);
    pen.dice.shuffle(&mut all);
    let first = *all.first()?;
    let unit = |c: ColumnId| pen.world.glossary.column(pen.world.catalog, c).and_then(|t| t.unit.clone());
    let fits = |c: &&ColumnId| amounts.contains(c) == amounts.contains(&first) && unit(**c) == unit(first);
    let second = all.iter().skip(1).find(fits)?;
    Some((first, *second))
}

/// One amount less another.
pub fn difference(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (a, b) = alike(pen, frame.table)?;
    let (x, y) = (pen.col(&frame.root, a), pen.col(&frame.root, b));
    let phrase = Phrase::new("difference").with("a", Thing::Column(a)).with("b", Thing::Column(b));
    Some(
        Val::new(format!("{x} - {y}"), phrase.thing(), (Nature::Amount, Near::Column(a, 0.3))).nullable().of(&[&x, &y]),
    )
}

/// One amount in percent of another.
pub fn percent(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (a, b) = alike(pen, frame.table)?;
    let (x, y) = (pen.col(&frame.root, a), pen.col(&frame.root, b));
    let phrase = Phrase::new("percent").with("a", Thing::Column(a)).with("b", Thing::Column(b));
    Some(
        Val::new(format!("100.0 * {x} / {y}"), phrase.thing(), (Nature::Percent, Near::Percent))
            .nullable()
            .of(&[&x, &y]),
    )
}

/// What one amount is above another, in percent of the other.
pub fn percent_over(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (a, b) = alike(pen, frame.table)?;
    let (x, y) = (pen.col(&frame.root, a), pen.col(&frame.root, b));
    let phrase = Phrase::new("percent_over").with("a", Thing::Column(a)).with("b", Thing::Column(b));
    Some(
        Val::new(format!("100.0 * ({x} - {y}) / {y}"), phrase.thing(), (Nature::Percent, Near::Percent))
            .nullable()
            .of(&[&x, &y]),
    )
}

/// An amount times a percentage of the row.
pub fn product_percent(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (a, p) = (pen.amount(frame.table)?, pen.column(frame.table, &[Role::Percent])?);
    let (x, y) = (pen.col(&frame.root, a), pen.col(&frame.root, p));
    let phrase = Phrase::new("weighted").with("a", Thing::Column(a)).with("p", Thing::Column(p));
    Some(
        Val::new(format!("{x} * {y} / 100.0"), phrase.thing(), (Nature::Amount, Near::Column(a, 0.5)))
            .nullable()
            .of(&[&x, &y]),
    )
}

/// An amount in thousands.
pub fn thousands(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let a = pen.amount(frame.table)?;
    let x = pen.col(&frame.root, a);
    let phrase = Phrase::new("thousands").with("a", Thing::Column(a));
    Some(Val::new(format!("{x} / 1000.0"), phrase.thing(), (Nature::Amount, Near::Nothing)).nullable().of(&[&x]))
}

/// Days between two dates of the row.
pub fn days_between(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let (start, end) = pen.two_dates(frame.table)?;
    let (from, to) = (pen.col(&frame.root, start), pen.col(&frame.root, end));
    let sql = days(&from, &to);
    let phrase = Phrase::new("days_between").with("start", Thing::Column(start)).with("end", Thing::Column(end));
    Some(Val::new(sql, phrase.thing(), (Nature::Days, Near::Days)).nullable().of(&[&from, &to]))
}

/// A date of which enough lie ahead of today, or behind it.
pub fn date_around(pen: &mut Pen<'_, '_>, table: TableId, ahead: bool) -> Option<ColumnId> {
    let (date, today) = (pen.date(table)?, pen.world.today.to_string());
    let known = pen.world.samples.get(&date)?;
    let fits = |v: &&Value| matches!(v, Value::Text(t) if (*t > today) == ahead);
    (known.iter().filter(fits).count() * SEEN >= known.len()).then_some(date)
}

/// Days from a date to today.
pub fn days_since(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let date = date_around(pen, frame.table, false)?;
    let day = pen.col(&frame.root, date);
    let sql = days(&day, &today(pen));
    let phrase = Phrase::new("days_since").with("d", Thing::Column(date));
    Some(Val::new(sql, phrase.thing(), (Nature::Days, Near::Days)).nullable().of(&[&day]))
}

/// Days from today to a date.
pub fn days_until(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    let date = date_around(pen, frame.table, true)?;
    let day = pen.col(&frame.root, date);
    let sql = days(&today(pen), &day);
    let phrase = Phrase::new("days_until").with("d", Thing::Column(date));
    Some(Val::new(sql, phrase.thing(), (Nature::Days, Near::Days)).nullable().of(&[&day]))
}

/// The day asked on as a literal.
pub fn today(pen: &Pen<'_, '_>) -> String {
    literal(&pen.world.today.to_string())
}
