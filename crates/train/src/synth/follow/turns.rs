//! The changes that a next question makes to what was asked before.

use schema::{ColumnId, Role, Type, Value};

use super::super::dice::Dice;
use super::super::identity::display;
use super::super::meaning::{Aggregate, Ask, Filter, Function, Group, Key, Measure, Output, Shape, When};
use super::super::world::World;
use super::super::{sample, sense, surface};

/// A next question.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What is asked now, as a whole.
    pub ask: Ask,
    /// Which phrases say the change; the first whose words are there is taken. None for a question of its own.
    pub positions: &'static [&'static str],
    /// What they name.
    pub names: Vec<(&'static str, Word)>,
}

/// Something that the words of a change name.
#[derive(Debug, Clone)]
pub enum Word {
    /// A condition of the rows, as it stands in a position: `before` and `after` the noun, or what rows `does`.
    Condition(Filter, &'static str),
    /// A stored value.
    Value(ColumnId, String),
    /// A column.
    Column(ColumnId),
    /// Columns, listed.
    Columns(Vec<Output>),
    /// Something that ranks rows.
    Measure(Measure),
    /// What rows are grouped by.
    Key(Key),
    /// A total.
    Total(Aggregate),
    /// An order by an output.
    Order(Output, bool),
    /// "highest" or "lowest".
    Rank(bool),
    /// A number.
    Number(i64),
    /// The rows spoken of, in the plural.
    Rows,
    /// Words as they are.
    Said(String),
}

impl Turn {
    /// A question that owes nothing to the one before.
    pub fn anew(ask: Ask) -> Self {
        Turn { ask, positions: &[], names: vec![] }
    }

    /// Whether it says nothing without the question before.
    pub fn leans(&self) -> bool {
        !self.positions.is_empty()
    }

    fn new(ask: Ask, positions: &'static [&'static str], names: Vec<(&'static str, Word)>) -> Self {
        Turn { ask, positions, names }
    }
}

type Draw = fn(&World<'_>, &Ask, &mut Dice) -> Option<Turn>;

/// Every kind of turn with its weight.
const TURNS: [(f64, Draw); 17] = [
    (5.0, narrow),
    (3.0, other_value),
    (1.5, other_time),
    (1.5, other_number),
    (2.0, widen),
    (1.5, to_count),
    (1.0, to_rows),
    (1.5, to_total),
    (3.0, to_groups),
    (1.5, other_key),
    (2.0, more_columns),
    (1.0, fewer_columns),
    (1.5, these_columns),
    (2.5, in_order),
    (2.0, to_top),
    (1.0, other_limit),
    (1.0, other_end),
];

/// A turn that makes sense after what was asked; none where the dice led nowhere.
pub fn draw(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let weights = TURNS.map(|(weight, _)| weight);
    let (_, turn) = TURNS[dice.weighted(&weights)];
    turn(world, before, dice).filter(|turn| sense::is_sensible(world, &turn.ask))
}

// --- conditions ---

/// "only the active ones"
fn narrow(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let filter = sample::some_filters(world, before.root, dice).pop()?;
    if before.filters.iter().any(|other| sense::clash(world, other, &filter)) {
        return None;
    }
    let mut ask = before.clone();
    ask.filters.push(filter.clone());
    let names = ["before", "after", "does"].map(|position| (position, Word::Condition(filter.clone(), position)));
    let mut names: Vec<_> = names.into_iter().collect();
    names.push(("rows", Word::Rows));
    Some(Turn::new(ask, narrowing(&before.shape)?[dice.below(3)], names))
}

/// How rows may be narrowed after a question. Where it showed groups or values, "those" would be these, so that the rows
/// have to be named; of the first few, it stays open which are meant.
fn narrowing(shape: &Shape) -> Option<[&'static [&'static str]; 3]> {
    const ROWS: [&[&str]; 3] = [&["narrow_before", "narrow_after"], &["narrow_after", "narrow_does"], &["narrow_does"]];
    const NAMED: [&[&str]; 3] = [
        &["narrow_named_before", "narrow_named_after"],
        &["narrow_named_after", "narrow_named_does"],
        &["narrow_named_does"],
    ];
    match shape {
        Shape::Top { .. } => None,
        Shape::Group(group) if group.top.is_some() || group.keep_empty => None,
        Shape::Group(_) | Shape::Distinct(_) | Shape::CountDistinct(_) => Some(NAMED),
        Shape::List { .. } | Shape::Count | Shape::Totals(_) => Some(ROWS),
    }
}

/// "what about Finance?"
fn other_value(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let single = |f: &Filter| matches!(f, Filter::Value { values, negated: false, .. } if values.len() == 1);
    let at = *dice.pick(&positions(before, single))?;
    let mut ask = before.clone();
    let Filter::Value { column, values, .. } = &mut ask.filters[at] else { return None };
    let known = world.samples.get(column)?;
    let texts: Vec<&String> =
        known.iter().filter_map(|v| if let Value::Text(t) = v { Some(t) } else { None }).collect();
    let new = (*dice.pick(&texts)?).clone();
    if new.is_empty() || new.len() > 60 || *values == [new.clone()] {
        return None;
    }
    *values = vec![new.clone()];
    let names = vec![("value", Word::Value(*column, new)), ("term", Word::Column(*column))];
    Some(Turn::new(ask, &["other_value"], names))
}

/// "same for 2025"
fn other_time(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let at = *dice.pick(&positions(before, |f| matches!(f, Filter::When { how: When::In, .. })))?;
    let mut ask = before.clone();
    let Filter::When { column, start, end, said, .. } = &mut ask.filters[at] else { return None };
    let period = surface::period(world, *column, dice).filter(|p| p.start != p.end && p.start != *start)?;
    let names = vec![("said", Word::Said(period.said.clone()))];
    (*start, *end, *said) = (period.start, period.end, period.said);
    Some(Turn::new(ask, &["other_time"], names))
}

/// "over 500k instead"
fn other_number(_: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let at = *dice.pick(&positions(before, |f| matches!(f, Filter::Number { .. })))?;
    let mut ask = before.clone();
    let Filter::Number { value, .. } = &mut ask.filters[at] else { return None };
    let factor = *dice.pick(&[0.2, 0.5, 2.0, 3.0, 5.0, 10.0])?;
    let new = surface::round_number(value, factor, dice);
    if new == *value || new == Value::Integer(0) {
        return None;
    }
    *value = new;
    let filter = ask.filters[at].clone();
    Some(Turn::new(ask, &["other_number"], vec![("after", Word::Condition(filter, "after"))]))
}

/// "regardless of status"
fn widen(_: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let at = *dice.pick(&positions(before, |f| told_column(f).is_some()))?;
    let mut ask = before.clone();
    let column = told_column(&ask.filters.remove(at))?;
    Some(Turn::new(ask, &["widen"], vec![("term", Word::Column(column)), ("rows", Word::Rows)]))
}

/// The column that a condition is on, where naming it tells which condition is meant.
fn told_column(filter: &Filter) -> Option<ColumnId> {
    match filter {
        Filter::Value { column, .. } | Filter::When { column, .. } | Filter::Missing { column, .. } => Some(*column),
        Filter::Number { measure: Measure::Column(column), .. }
        | Filter::Between { measure: Measure::Column(column), .. } => Some(*column),
        _ => None,
    }
}

fn positions(ask: &Ask, fits: impl Fn(&Filter) -> bool) -> Vec<usize> {
    (0..ask.filters.len()).filter(|at| fits(&ask.filters[*at])).collect()
}

// --- other shapes ---

/// "how many are there?"
fn to_count(_: &World<'_>, before: &Ask, _: &mut Dice) -> Option<Turn> {
    matches!(before.shape, Shape::List { .. }).then_some(())?;
    Some(Turn::new(Ask { shape: Shape::Count, ..before.clone() }, &["to_count"], vec![("rows", Word::Rows)]))
}

/// "which ones?"
fn to_rows(_: &World<'_>, before: &Ask, _: &mut Dice) -> Option<Turn> {
    matches!(before.shape, Shape::Count | Shape::Totals(_)).then_some(())?;
    let shape = Shape::List { columns: vec![], order: None };
    Some(Turn::new(Ask { shape, ..before.clone() }, &["to_rows"], vec![("rows", Word::Rows)]))
}

/// "and their total budget?"
fn to_total(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    matches!(before.shape, Shape::List { .. } | Shape::Count | Shape::Totals(_)).then_some(())?;
    let total = sample::total(world, before.root, None, dice)?;
    let shape = Shape::Totals(vec![total.clone()]);
    Some(Turn::new(
        Ask { shape, ..before.clone() },
        &["to_total"],
        vec![("total", Word::Total(total)), ("rows", Word::Rows)],
    ))
}

/// "and by department?"
fn to_groups(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let (totals, position): (_, &'static [&'static str]) = match &before.shape {
        Shape::List { .. } => (vec![Aggregate { function: Function::Count, of: None }], &["count_groups"]),
        Shape::Count => (vec![Aggregate { function: Function::Count, of: None }], &["to_groups"]),
        Shape::Totals(totals) => (totals.clone(), &["to_groups"]),
        _ => return None,
    };
    let key = some_key(world, before, dice)?;
    let group = Group {
        keys: vec![key.clone()],
        shown: None,
        totals,
        having: None,
        order: None,
        top: None,
        keep_empty: false,
        skip_blank: false,
    };
    let names = vec![("key", Word::Key(key)), ("rows", Word::Rows)];
    Some(Turn::new(Ask { shape: Shape::Group(group), ..before.clone() }, position, names))
}

/// "by cost center instead"
fn other_key(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let key = some_key(world, before, dice)?;
    let mut ask = before.clone();
    let Shape::Group(group) = &mut ask.shape else { return None };
    if group.keys.len() != 1 || group.keys[0] == key || group.keep_empty {
        return None;
    }
    group.keys = vec![key.clone()];
    group.shown = None;
    Some(Turn::new(ask, &["other_key"], vec![("key", Word::Key(key))]))
}

fn some_key(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Key> {
    let parents = world.parents(before.root);
    if dice.chance(0.35) {
        return dice.pick(&parents).map(|&key| Key::Entity(vec![key]));
    }
    sample::dimension(world, before.root, dice).map(Key::Column)
}

// --- columns ---

/// The columns that a list shows.
fn shown(world: &World<'_>, ask: &Ask) -> Option<Vec<Output>> {
    match &ask.shape {
        Shape::List { columns, .. } if columns.is_empty() => Some(display(world, ask.root)),
        Shape::List { columns, .. } => Some(columns.clone()),
        _ => None,
    }
}

fn showing(before: &Ask, columns: Vec<Output>) -> Ask {
    let mut ask = before.clone();
    if let Shape::List { columns: old, .. } = &mut ask.shape {
        *old = columns;
    }
    ask
}

/// "add their budget"
fn more_columns(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let mut columns = shown(world, before)?;
    let new: Vec<Output> = sample::outputs(world, before.root, dice).into_iter().take(2).collect();
    if new.is_empty() || new.iter().any(|column| columns.contains(column)) {
        return None;
    }
    columns.extend(new.clone());
    Some(Turn::new(showing(before, columns), &["more_columns"], vec![("cols", Word::Columns(new))]))
}

/// "leave out the code"
fn fewer_columns(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let mut columns = shown(world, before)?;
    if columns.len() < 2 {
        return None;
    }
    let gone = columns.remove(dice.below(columns.len()));
    Some(Turn::new(showing(before, columns), &["fewer_columns"], vec![("cols", Word::Columns(vec![gone]))]))
}

/// "just name and budget"
fn these_columns(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let now = shown(world, before)?;
    let columns = sample::outputs(world, before.root, dice);
    if columns.is_empty() || columns == now {
        return None;
    }
    Some(Turn::new(showing(before, columns.clone()), &["these_columns"], vec![("cols", Word::Columns(columns))]))
}

// --- order and limit ---

/// "sort that by cost"
fn in_order(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let mut ask = before.clone();
    match &mut ask.shape {
        Shape::List { order, .. } => {
            let columns =
                world.columns(before.root, |r| matches!(r, Role::Measure | Role::Percent | Role::Date | Role::Name));
            let column = *dice.pick(&columns)?;
            let by = Output { path: vec![], measure: Measure::Column(column) };
            let descending = world.ty(column) != Type::Text && dice.chance(0.65);
            *order = Some((by.clone(), descending));
            Some(Turn::new(ask, &["in_order"], vec![("order", Word::Order(by, descending))]))
        }
        Shape::Group(group) if group.top.is_none() && !group.totals.is_empty() => {
            let descending = dice.chance(0.75);
            group.order = Some(descending);
            let total = group.totals[0].clone();
            // "Highest first" is plain of one total alone.
            let plain = group.totals.len() == 1 && dice.chance(0.3);
            let positions: &[&str] = if plain { &["groups_in_plain_order"] } else { &["groups_in_order"] };
            Some(Turn::new(ask, positions, vec![("total", Word::Total(total)), ("rank", Word::Rank(descending))]))
        }
        _ => None,
    }
}

/// "only the top 5 by budget"
fn to_top(world: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let Shape::List { columns, .. } = &before.shape else { return None };
    let numbers = world.columns(before.root, |r| matches!(r, Role::Measure | Role::Percent));
    let (by, descending) = (Measure::Column(*dice.pick(&numbers)?), dice.chance(0.75));
    let n = *dice.pick(&[3, 5, 10, 10, 20, 5, 7, 15])?;
    let shape = Shape::Top { columns: columns.clone(), by, descending, n: Some(n) };
    let names = vec![("n", Word::Number(n)), ("measure", Word::Measure(by)), ("rank", Word::Rank(descending))];
    Some(Turn::new(Ask { shape, ..before.clone() }, &["to_top"], names))
}

/// "make it 10"
fn other_limit(_: &World<'_>, before: &Ask, dice: &mut Dice) -> Option<Turn> {
    let mut ask = before.clone();
    let Shape::Top { n, .. } = &mut ask.shape else { return None };
    let new = *dice.pick(&[3, 5, 10, 20, 25, 50, 8, 2])?;
    if *n == Some(new) {
        return None;
    }
    *n = Some(new);
    Some(Turn::new(ask, &["other_limit"], vec![("n", Word::Number(new))]))
}

/// "and the lowest ones?"
fn other_end(_: &World<'_>, before: &Ask, _: &mut Dice) -> Option<Turn> {
    let mut ask = before.clone();
    let Shape::Top { descending, .. } = &mut ask.shape else { return None };
    *descending = !*descending;
    let names = vec![("rank", Word::Rank(*descending))];
    Some(Turn::new(ask, &["other_end"], names))
}
