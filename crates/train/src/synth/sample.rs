//! Sampling what a person may ask.
//!
//! Weights follow what people ask (most questions speak of one table, two in five group, one in four uses a subquery).
//! Any filter may meet any shape.

use schema::{ColumnId, Role, TableId, Type, Value};
use sql::tree::{BinaryOp, SlotPart};

use super::dice::Dice;
use super::identity::identified;
use super::meaning::{Aggregate, Ask, Filter, Function, Group, Having, Key, Measure, Output, Shape, When};
use super::world::{Path, World};
use super::{sense, surface};

/// One question's meaning; none where the dice led nowhere (a table without a measure asked for a total).
pub fn ask(world: &World<'_>, dice: &mut Dice) -> Option<Ask> {
    let root = root(world, dice)?;
    let kind = dice.weighted(&[35.0, 4.5, 9.0, 4.5, 2.0, 8.0, 33.0, 6.0]);
    if kind == 7 {
        return lookup(world, root, dice);
    }
    let shape = match kind {
        0 => list(world, root, dice),
        1 => top(world, root, dice)?,
        2 => Shape::Count,
        3 => Shape::Distinct(dimension(world, root, dice)?),
        4 => Shape::CountDistinct(dimension(world, root, dice)?),
        5 => Shape::Totals(totals(world, root, dice, false)?),
        _ => Shape::Group(group(world, root, dice)?),
    };
    let n = match &shape {
        Shape::List { columns, .. } if columns.is_empty() => dice.weighted(&[0.03, 0.38, 0.41, 0.18]),
        Shape::List { .. } => dice.weighted(&[0.05, 0.43, 0.38, 0.14]),
        Shape::Count => dice.weighted(&[0.07, 0.46, 0.35, 0.12]),
        Shape::Group(group) if group.keep_empty => 0,
        Shape::Group(_) | Shape::Top { .. } => dice.weighted(&[0.38, 0.42, 0.16, 0.04]),
        _ => dice.weighted(&[0.24, 0.46, 0.24, 0.06]),
    };
    let filters = filters(world, root, n, 2, dice);
    let ask = Ask { root, filters, shape };
    sense::is_sensible(world, &ask).then_some(ask)
}

fn root(world: &World<'_>, dice: &mut Dice) -> Option<TableId> {
    let tables: Vec<TableId> =
        world.catalog.table_ids().filter(|&t| world.glossary.table(world.catalog, t).is_some()).collect();
    // Tables that many others refer to are spoken of most.
    let often = |t: TableId| 1.0 + 0.2 * world.children(t).len() as f64;
    let weights: Vec<f64> = tables.iter().map(|&t| if world.is_core(t) { often(t) } else { 0.2 }).collect();
    tables.get(dice.weighted(&weights)).copied()
}

// --- shapes ---

/// What is the budget of this project?
fn lookup(world: &World<'_>, root: TableId, dice: &mut Dice) -> Option<Ask> {
    let name = name_of(world, root, dice)?;
    let mut columns = outputs(world, root, dice);
    columns
        .retain(|c| !matches!(c.measure, Measure::Column(column) if sense::columns_of(world, &name).contains(&column)));
    columns.truncate(3);
    (!columns.is_empty()).then_some(Ask { root, filters: vec![name], shape: Shape::List { columns, order: None } })
}

fn list(world: &World<'_>, root: TableId, dice: &mut Dice) -> Shape {
    let columns = if dice.chance(0.42) { vec![] } else { identified(world, root, outputs(world, root, dice), dice) };
    let order = if dice.chance(0.06) { order(world, root, &columns, dice) } else { None };
    Shape::List { columns, order }
}

/// One to four columns, of the root and now and then of what it refers to, in a random order.
pub(super) fn outputs(world: &World<'_>, root: TableId, dice: &mut Dice) -> Vec<Output> {
    let own = world.columns(root, |r| !matches!(r, Role::Key));
    let n = 1 + dice.weighted(&[0.27, 0.34, 0.27, 0.12]);
    let mut chosen: Vec<Output> = vec![];
    for _ in 0..n * 3 {
        if chosen.len() >= n {
            break;
        }
        let output =
            if dice.chance(0.25) { parent_output(world, root, dice) } else { own_output(world, root, &own, dice) };
        if let Some(output) = output.filter(|o| !chosen.contains(o)) {
            chosen.push(output);
        }
    }
    chosen.sort_by_key(|o| {
        let first = matches!(o.measure, Measure::Column(c) if matches!(world.role(c), Role::Code | Role::Name));
        !first && dice.chance(0.8)
    });
    chosen
}

fn own_output(world: &World<'_>, root: TableId, own: &[ColumnId], dice: &mut Dice) -> Option<Output> {
    if dice.chance(0.06) {
        return named_measure(world, root, dice).map(own_measure);
    }
    let weights: Vec<f64> = own.iter().map(|&c| column_weight(world, c)).collect();
    own.get(dice.weighted(&weights)).map(|&c| own_measure(Measure::Column(c)))
}

fn column_weight(world: &World<'_>, column: ColumnId) -> f64 {
    match world.role(column) {
        Role::Name => 4.0,
        Role::Code => 2.5,
        Role::Measure => 2.0,
        Role::Status | Role::Dimension => 1.3,
        Role::Date if world.ty(column) == Type::Timestamp => 0.15,
        Role::Date | Role::Percent => 1.2,
        Role::Text | Role::Flag => 0.7,
        Role::Key => 0.1,
    }
}

fn parent_output(world: &World<'_>, root: TableId, dice: &mut Dice) -> Option<Output> {
    let path = path_up(world, root, dice)?;
    let table = world.end_of(root, &path);
    let columns =
        world.columns(table, |r| matches!(r, Role::Name | Role::Code | Role::Dimension | Role::Status | Role::Measure));
    let weights: Vec<f64> = columns.iter().map(|&c| if world.role(c) == Role::Name { 6.0 } else { 1.0 }).collect();
    let column = *columns.get(dice.weighted(&weights))?;
    Some(Output { path, measure: Measure::Column(column) })
}

/// One step up, sometimes two.
fn path_up(world: &World<'_>, root: TableId, dice: &mut Dice) -> Option<Path> {
    let first = *dice.pick(&world.parents(root))?;
    let mut path = vec![first];
    if dice.chance(0.3) {
        let next = world.parents(world.end_of(root, &path));
        if let Some(&key) = dice.pick(&next) {
            path.push(key);
        }
    }
    Some(path)
}

fn own_measure(measure: Measure) -> Output {
    Output { path: vec![], measure }
}

fn named_measure(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Measure> {
    let own: Vec<usize> = (0..world.measures.len()).filter(|&i| world.measures[i].table == table).collect();
    dice.pick(&own).map(|&i| Measure::Named(i))
}

/// A number of the table: a column, now and then a named measure.
fn measure(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Measure> {
    if dice.chance(0.15)
        && let Some(named) = named_measure(world, table, dice)
    {
        return Some(named);
    }
    let own = world.columns(table, |r| matches!(r, Role::Measure | Role::Percent));
    dice.pick(&own).map(|&c| Measure::Column(c))
}

fn order(world: &World<'_>, root: TableId, columns: &[Output], dice: &mut Dice) -> Option<(Output, bool)> {
    if !columns.is_empty() && dice.chance(0.6) {
        let by = dice.pick(columns)?.clone();
        let text = matches!(by.measure, Measure::Column(c) if world.ty(c) == Type::Text);
        return Some((by, !text && dice.chance(0.65)));
    }
    let own =
        world.columns(root, |r| matches!(r, Role::Measure | Role::Percent | Role::Date | Role::Name | Role::Code));
    let column = *dice.pick(&own)?;
    let descending = world.ty(column) != Type::Text && dice.chance(0.65);
    Some((own_measure(Measure::Column(column)), descending))
}

fn top(world: &World<'_>, root: TableId, dice: &mut Dice) -> Option<Shape> {
    let dates = world.columns(root, |r| r == Role::Date);
    let by = match dice.pick(&dates) {
        Some(&date) if dice.chance(0.1) => Measure::Column(date),
        _ => measure(world, root, dice)?,
    };
    let n = dice.chance(0.68).then(|| *dice.pick(&[3, 5, 5, 10, 10, 2, 4, 6, 7, 8, 15, 20]).unwrap_or(&5));
    let mut columns = match dice.weighted(&[0.45, 0.25, 0.3]) {
        0 => vec![],
        // Mostly what ranks them is all that is wanted beside the name.
        1 => identified(world, root, vec![own_measure(by)], dice),
        _ => identified(world, root, outputs(world, root, dice), dice),
    };
    if !columns.is_empty() && dice.chance(0.5) {
        let by = own_measure(by);
        columns.retain(|c| *c != by);
        columns.push(by);
    }
    Some(Shape::Top { columns, by, descending: dice.chance(0.78), n })
}

/// Something rows are grouped by or told apart by.
pub(super) fn dimension(world: &World<'_>, root: TableId, dice: &mut Dice) -> Option<Output> {
    let path = if dice.chance(0.28) { path_up(world, root, dice)? } else { vec![] };
    let table = world.end_of(root, &path);
    let mut columns = world.columns(table, |r| matches!(r, Role::Dimension | Role::Status | Role::Flag));
    if path.is_empty() {
        // A foreign key people read ("per project code") is a dimension too.
        let keys = world
            .parents(table)
            .into_iter()
            .flat_map(|k| world.catalog.key_pairs(k).map(|(from, _)| from).collect::<Vec<_>>());
        columns.extend(keys.filter(|&c| world.role(c) == Role::Code));
    }
    dice.pick(&columns).map(|&c| Output { path, measure: Measure::Column(c) })
}

fn totals(world: &World<'_>, root: TableId, dice: &mut Dice, with_count: bool) -> Option<Vec<Aggregate>> {
    let n = 1 + dice.weighted(&[0.72, 0.2, 0.08]);
    let mut totals: Vec<Aggregate> = vec![];
    let repeated = measure(world, root, dice);
    for _ in 0..n * 3 {
        if totals.len() >= n {
            break;
        }
        let total =
            if with_count && dice.chance(0.4) { count(world, root, dice) } else { total(world, root, repeated, dice) };
        if let Some(total) = total.filter(|t| !totals.contains(t)) {
            totals.push(total);
        }
    }
    (!totals.is_empty()).then_some(totals)
}

fn count(world: &World<'_>, root: TableId, dice: &mut Dice) -> Option<Aggregate> {
    let keys: Vec<_> = world.parents(root).into_iter().filter(|k| has_link(world, root, *k)).collect();
    match dice.pick(&keys) {
        Some(&key) if dice.chance(0.3) => {
            let (from, _) = world.catalog.key_pairs(key).next()?;
            Some(Aggregate { function: Function::CountDistinct, of: Some(own_measure(Measure::Column(from))) })
        }
        _ => Some(Aggregate { function: Function::Count, of: None }),
    }
}

/// Whether the rows that this key refers to have a name of their own when counted through the link table.
fn has_link(world: &World<'_>, via: TableId, key: schema::ForeignKeyId) -> bool {
    let name = &world.catalog.table(via).name;
    let to = &world.catalog.table(world.catalog.foreign_key(key).to).name;
    world.glossary.links.iter().any(|l| l.via == *name && l.to == *to && !l.nouns.is_empty())
}

pub(super) fn total(world: &World<'_>, root: TableId, repeated: Option<Measure>, dice: &mut Dice) -> Option<Aggregate> {
    let of = if dice.chance(0.35) { repeated? } else { measure(world, root, dice)? };
    let dates = world.columns(root, |r| r == Role::Date);
    let date = if dice.chance(0.04) { dice.pick(&dates) } else { None };
    if let Some(&date) = date {
        let function = if dice.chance(0.5) { Function::Min } else { Function::Max };
        return Some(Aggregate { function, of: Some(own_measure(Measure::Column(date))) });
    }
    let summable = match of {
        Measure::Column(c) => world.role(c) == Role::Measure && !is_rate(world, c),
        Measure::Named(i) => {
            world.glossary.measures.get(&world.measures[i].key).is_some_and(|m| m.unit.as_deref() == Some("money"))
        }
    };
    let weights = if summable { [0.5, 0.28, 0.09, 0.13] } else { [0.06, 0.62, 0.14, 0.18] };
    let function = [Function::Sum, Function::Avg, Function::Min, Function::Max][dice.weighted(&weights)];
    Some(Aggregate { function, of: Some(own_measure(of)) })
}

/// A price per unit is averaged, not summed.
fn is_rate(world: &World<'_>, column: ColumnId) -> bool {
    world.catalog.column(column).name.to_ascii_lowercase().contains("rate")
}

fn group(world: &World<'_>, root: TableId, dice: &mut Dice) -> Option<Group> {
    let parents = world.parents(root);
    let entity = !parents.is_empty() && dice.chance(0.5);
    let mut keys = if entity {
        vec![Key::Entity(path_up(world, root, dice)?)]
    } else {
        vec![Key::Column(dimension(world, root, dice)?)]
    };
    if dice.chance(0.09) {
        let second = Key::Column(dimension(world, root, dice)?);
        if !keys.contains(&second) {
            keys.push(second);
        }
    }
    let plain_count = vec![Aggregate { function: Function::Count, of: None }];
    let mut group = Group {
        keys,
        totals: if dice.chance(0.42) {
            plain_count
        } else {
            totals(world, root, dice, true).or_else(|| count(world, root, dice).map(|c| vec![c]))?
        },
        shown: None,
        having: None,
        order: None,
        top: None,
        keep_empty: false,
        skip_blank: false,
    };
    let single = group.keys.len() == 1;
    match dice.weighted(&[0.45, 0.38, 0.1, 0.07]) {
        // "The latest end date is above …" is nothing that people ask.
        1 if group.totals.first().is_some_and(|t| is_temporal(world, t)) => return None,
        1 => add_having(world, &mut group, dice),
        2 if single => add_top(&mut group, dice),
        3 => group.order = Some(dice.chance(0.8)),
        _ => {}
    }
    let one_step = matches!(group.keys.as_slice(), [Key::Entity(path)] if path.len() == 1);
    let low = group
        .having
        .as_ref()
        .is_some_and(|h| matches!(h.op, BinaryOp::Lt | BinaryOp::LtEq) && h.total.function == Function::Count);
    let counts = group.totals.iter().all(|t| matches!(t.function, Function::Count | Function::CountDistinct));
    group.keep_empty =
        one_step && counts && (low || (group.having.is_none() && group.top.is_none() && dice.chance(0.2)));
    if entity && single && dice.chance(0.5) {
        group.shown = shown(world, root, &group, dice);
    }
    group.skip_blank = !group.keep_empty && single && !entity && dice.chance(0.1);
    Some(group)
}

/// The columns of a group's row that somebody asks for: its name or its code or both, sometimes another one after them.
fn shown(world: &World<'_>, root: TableId, group: &Group, dice: &mut Dice) -> Option<Vec<ColumnId>> {
    let [Key::Entity(path)] = group.keys.as_slice() else { return None };
    let table = world.end_of(root, path);
    let of = |role: Role| world.columns(table, |r| r == role).first().copied();
    let (code, name) = (of(Role::Code), of(Role::Name));
    let chosen = match dice.weighted(&[0.55, 0.33, 0.12]) {
        0 => [code, name],
        1 => [None, name],
        _ => [code, None],
    };
    let shown: Vec<ColumnId> = chosen.into_iter().flatten().collect();
    (!shown.is_empty()).then_some(shown)
}

fn is_temporal(world: &World<'_>, total: &Aggregate) -> bool {
    matches!(&total.of, Some(Output { measure: Measure::Column(c), .. }) if world.ty(*c).is_temporal())
}

fn add_having(world: &World<'_>, group: &mut Group, dice: &mut Dice) {
    let Some(total) = group.totals.first().cloned() else { return };
    let op = *dice
        .pick(&[
            BinaryOp::Gt,
            BinaryOp::Gt,
            BinaryOp::Gt,
            BinaryOp::GtEq,
            BinaryOp::GtEq,
            BinaryOp::Lt,
            BinaryOp::LtEq,
            BinaryOp::Eq,
        ])
        .unwrap_or(&BinaryOp::Gt);
    let counted = matches!(total.function, Function::Count | Function::CountDistinct);
    let value = if counted {
        Value::Integer(*dice.pick(&[1, 2, 2, 3, 3, 4, 5, 5, 6, 8, 10, 10, 15, 20, 25, 50]).unwrap_or(&3))
    } else {
        let Some(of) = &total.of else { return };
        let factor = if total.function == Function::Sum { 6.0 } else { 1.0 };
        surface::round_number(&typical(world, of.measure, dice), factor, dice)
    };
    let op = if counted || op != BinaryOp::Eq { op } else { BinaryOp::Gt };
    group.having = Some(Having { total, op, value });
    // Most people then want the group alone; some its total too.
    if dice.chance(0.6) {
        group.totals.clear();
    }
}

fn add_top(group: &mut Group, dice: &mut Dice) {
    let Some(total) = group.totals.first().cloned() else { return };
    let n = if dice.chance(0.45) { 1 } else { *dice.pick(&[3, 5, 5, 10, 2, 4]).unwrap_or(&5) };
    group.top = Some((total, n, dice.chance(0.88)));
    group.totals.truncate(1);
    if dice.chance(0.6) {
        group.totals.clear();
    }
}

// --- filters ---

/// Filters of one table, no column twice.
fn filters(world: &World<'_>, table: TableId, n: usize, depth: usize, dice: &mut Dice) -> Vec<Filter> {
    let mut chosen: Vec<Filter> = vec![];
    for _ in 0..n * 4 {
        if chosen.len() >= n {
            break;
        }
        let Some(filter) = filter(world, table, depth, dice) else { continue };
        if chosen.iter().all(|other| !sense::clash(world, other, &filter)) {
            chosen.push(filter);
        }
    }
    chosen
}

fn filter(world: &World<'_>, table: TableId, depth: usize, dice: &mut Dice) -> Option<Filter> {
    let deeper = if depth > 0 { 1.0 } else { 0.0 };
    match dice.weighted(&[
        34.0,
        17.0,
        10.0,
        5.0,
        11.0,
        1.5,
        3.0,
        2.5,
        1.0,
        19.0 * deeper,
        12.0 * deeper,
        1.2,
        1.0,
        3.0 * deeper,
    ]) {
        0 => value(world, table, dice),
        1 => number(world, table, dice),
        2 => when(world, table, dice),
        3 => missing(world, table, dice),
        4 => named_condition(world, table, dice),
        5 => columns(world, table, dice),
        6 => Some(Filter::Average { measure: measure(world, table, dice)?, above: dice.chance(0.75) }),
        7 => text(world, table, dice),
        8 => {
            let flags = world.columns(table, |r| r == Role::Flag);
            dice.pick(&flags).map(|&column| Filter::Flag { column, yes: dice.chance(0.75) })
        }
        9 => {
            let key = *dice.pick(&world.parents(table))?;
            let parent = world.catalog.foreign_key(key).to;
            let inner = if dice.chance(0.5) {
                name_of(world, parent, dice).into_iter().collect()
            } else {
                filters(world, parent, 1, depth - 1, dice)
            };
            (!inner.is_empty()).then_some(Filter::Parent { key, filters: inner })
        }
        11 => {
            let Some(Filter::Value { column, mut values, .. }) = name_of(world, table, dice) else { return None };
            // A code of another table may stand in many rows, so that no single one would be compared with.
            let is_one = world.role(column) == Role::Name || world.is_key(column);
            is_one.then_some(())?;
            let measure = measure(world, table, dice)?;
            Some(Filter::ThanNamed { measure, column, name: values.pop()?, above: dice.chance(0.75) })
        }
        12 => Some(Filter::Extreme { measure: measure(world, table, dice)?, greatest: dice.chance(0.75) }),
        13 => {
            let either = filters(world, table, 2, 0, dice);
            (either.len() == 2).then_some(Filter::Any(either))
        }
        _ => {
            let key = *dice.pick(&world.children(table))?;
            let child = world.catalog.foreign_key(key).from;
            let inner = if dice.chance(0.35) { vec![] } else { inner_filters(world, child, key, depth - 1, dice) };
            Some(Filter::Children { key, filters: inner, negated: dice.chance(0.45) })
        }
    }
}

/// Filters of a referring row; for a link table mostly the row it links to.
fn inner_filters(
    world: &World<'_>,
    child: TableId,
    by: schema::ForeignKeyId,
    depth: usize,
    dice: &mut Dice,
) -> Vec<Filter> {
    let others: Vec<_> = world.parents(child).into_iter().filter(|&k| k != by).collect();
    let other = if dice.chance(0.5) { dice.pick(&others) } else { None };
    if let Some(&key) = other {
        let parent = world.catalog.foreign_key(key).to;
        let inner = if dice.chance(0.55) {
            name_of(world, parent, dice).into_iter().collect()
        } else {
            filters(world, parent, 1, 0, dice)
        };
        if !inner.is_empty() {
            return vec![Filter::Parent { key, filters: inner }];
        }
    }
    let n = 1 + dice.weighted(&[0.8, 0.2]);
    filters(world, child, n, depth, dice)
}

fn texts<'w>(world: &'w World<'_>, column: ColumnId) -> Vec<&'w String> {
    let values = world.samples.get(&column).into_iter().flatten();
    values
        .filter_map(|v| if let Value::Text(t) = v { Some(t) } else { None })
        .filter(|t| !t.is_empty() && t.len() < 60)
        .collect()
}

/// A row known by its name or code.
fn name_of(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    let columns = world.columns(table, |r| matches!(r, Role::Name | Role::Code));
    let weights: Vec<f64> = columns.iter().map(|&c| if world.role(c) == Role::Name { 3.0 } else { 1.2 }).collect();
    let column = *columns.get(dice.weighted(&weights))?;
    let value = (*dice.pick(&texts(world, column))?).clone();
    Some(Filter::Value { column, values: vec![value], negated: false })
}

fn value(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    if dice.chance(0.05) {
        return name_of(world, table, dice);
    }
    let columns = world.columns(table, |r| matches!(r, Role::Status | Role::Dimension));
    let weights: Vec<f64> = columns.iter().map(|&c| if world.role(c) == Role::Status { 1.8 } else { 1.0 }).collect();
    let column = *columns.get(dice.weighted(&weights))?;
    let known = texts(world, column);
    let n = if dice.chance(0.13) { 2 + dice.below(2) } else { 1 };
    let mut values: Vec<String> = vec![];
    for _ in 0..n * 3 {
        let value = (*dice.pick(&known)?).clone();
        if values.len() < n && !values.contains(&value) {
            values.push(value);
        }
    }
    Some(Filter::Value { column, values, negated: dice.chance(0.1) })
}

/// A value the measure takes.
fn typical(world: &World<'_>, measure: Measure, dice: &mut Dice) -> Value {
    let column = match measure {
        Measure::Column(column) => Some(column),
        Measure::Named(_) => None,
    };
    let known: Vec<&Value> = column
        .and_then(|c| world.samples.get(&c))
        .into_iter()
        .flatten()
        .filter(|v| matches!(v, Value::Integer(_) | Value::Real(_)))
        .collect();
    let percent = match measure {
        Measure::Named(i) => world
            .glossary
            .measures
            .get(&world.measures[i].key)
            .and_then(|m| m.unit.clone())
            .is_some_and(|u| u == "percent"),
        Measure::Column(_) => false,
    };
    match dice.pick(&known) {
        Some(value) => (*value).clone(),
        None if percent => {
            Value::Integer(*dice.pick(&[5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, 90, 100]).unwrap_or(&20))
        }
        None => Value::Integer(
            *dice.pick(&[10, 20, 50, 100, 5000, 10_000, 25_000, 50_000, 100_000, 250_000]).unwrap_or(&1000),
        ),
    }
}

fn number(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    let measure = measure(world, table, dice)?;
    let value = surface::round_number(&typical(world, measure, dice), 1.0, dice);
    if dice.chance(0.14) {
        let high = surface::scaled(&value, *dice.pick(&[1.5, 2.0, 2.5, 3.0, 4.0, 5.0]).unwrap_or(&2.0));
        if high != value {
            return Some(Filter::Between { measure, low: value, high });
        }
    }
    let ops = [BinaryOp::Gt, BinaryOp::GtEq, BinaryOp::Lt, BinaryOp::LtEq, BinaryOp::Eq];
    let op = ops[dice.weighted(&[0.46, 0.2, 0.2, 0.09, 0.05])];
    Some(Filter::Number { measure, op, value })
}

fn when(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    let dates = world.columns(table, |r| r == Role::Date);
    let weights: Vec<f64> = dates.iter().map(|&c| if world.ty(c) == Type::Timestamp { 0.12 } else { 1.0 }).collect();
    let column = *dates.get(dice.weighted(&weights))?;
    let spoken = surface::period(world, column, dice)?;
    let hows: [(When, f64); 5] =
        [(When::In, 0.5), (When::After, 0.13), (When::Since, 0.12), (When::Before, 0.18), (When::Until, 0.07)];
    let how = if spoken.start == spoken.end {
        // Days of a time stamp are ranges; "on" would compare a day with a moment.
        if world.ty(column) == Type::Timestamp {
            return None;
        }
        [When::On, When::After, When::Before, When::Since][dice.weighted(&[0.15, 0.35, 0.3, 0.2])]
    } else {
        hows[dice.weighted(&hows.map(|(_, w)| w))].0
    };
    Some(Filter::When { column, how, start: spoken.start, end: spoken.end, said: spoken.said })
}

fn missing(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    let nullable: Vec<ColumnId> = world
        .catalog
        .columns_of(table)
        .filter(|&c| {
            !world.catalog.column(c).not_null && !matches!(world.role(c), Role::Flag) && world.ty(c) != Type::Timestamp
        })
        .collect();
    dice.pick(&nullable).map(|&column| Filter::Missing { column, negated: dice.chance(0.25) })
}

fn named_condition(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    let own: Vec<usize> = (0..world.conditions.len()).filter(|&i| world.conditions[i].table == table).collect();
    // What has a noun of its own is said far more often: people, open positions.
    let weight = |&i: &usize| match world.glossary.conditions.get(&world.conditions[i].key) {
        Some(c) if !c.nouns.is_empty() && c.adjectives.is_empty() => 8.0,
        Some(c) if !c.nouns.is_empty() => 3.0,
        _ => 1.0,
    };
    let weights: Vec<f64> = own.iter().map(weight).collect();
    own.get(dice.weighted(&weights)).map(|&i| Filter::Named(i))
}

fn columns(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    let role = if dice.chance(0.8) { Role::Measure } else { Role::Date };
    let mut columns = world.columns(table, |r| r == role);
    columns.retain(|&c| world.ty(c) != Type::Timestamp);
    dice.shuffle(&mut columns);
    match columns.as_slice() {
        [left, right, ..] if role == Role::Measure => {
            Some(Filter::Columns { left: *left, right: *right, above: dice.chance(0.65) })
        }
        _ => None,
    }
}

fn text(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    let columns = world.columns(table, |r| matches!(r, Role::Name | Role::Text));
    let column = *dice.pick(&columns)?;
    let whole = (*dice.pick(&texts(world, column))?).clone();
    let words: Vec<&str> =
        whole.split_whitespace().filter(|w| w.len() > 2 && w.chars().all(char::is_alphanumeric)).collect();
    let part = [SlotPart::Contains, SlotPart::Prefix, SlotPart::Suffix][dice.weighted(&[0.75, 0.2, 0.05])];
    let text = match part {
        SlotPart::Prefix => words.first().map(|w| (*w).to_owned())?,
        SlotPart::Suffix => words.last().map(|w| (*w).to_owned())?,
        _ => (*dice.pick(&words)?).to_owned(),
    };
    Some(Filter::Text { column, text, part })
}

/// A few filters, for questions that speak of rows without asking for them.
pub fn some_filters(world: &World<'_>, table: TableId, dice: &mut Dice) -> Vec<Filter> {
    let n = dice.weighted(&[0.4, 0.5, 0.1]);
    filters(world, table, n, 0, dice)
}

/// One filter of any kind, which may look at what the rows refer to or are referred to by.
pub(super) fn narrowing(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    filter(world, table, 1, dice)
}

/// One filter on the rows of a table alone.
pub fn one_filter(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<Filter> {
    filter(world, table, 0, dice)
}
