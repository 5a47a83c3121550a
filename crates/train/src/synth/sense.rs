//! What nobody asks: the value of a column just fixed to one value, a count of what each group is, the order of one row,
//! two conditions on one thing.

use schema::{ColumnId, Role};
use sql::tree::{ExprKind, SourceId};
use sql::visit::each_expr;

use super::meaning::{Aggregate, Ask, Filter, Function, Group, Key, Measure, Output, Shape};
use super::world::{Named, World};

/// Whether somebody might ask this.
pub fn is_sensible(world: &World<'_>, ask: &Ask) -> bool {
    if is_of_many(&ask.shape) && ask.filters.iter().any(|f| names_row(world, f)) {
        return false;
    }
    match &ask.shape {
        Shape::List { columns, .. } | Shape::Top { columns, .. } => !columns.iter().any(|c| is_told(ask, c)),
        Shape::Distinct(output) | Shape::CountDistinct(output) => !is_told(ask, output),
        Shape::Group(group) => {
            let keys_tell = !group.keys.iter().any(|k| matches!(k, Key::Column(output) if is_told(ask, output)));
            let one_group = group.keys.iter().any(|key| ask.filters.iter().any(|f| names_group(world, key, f)));
            keys_tell && !one_group && !totals(group).any(|total| counts_its_key(world, group, total))
        }
        Shape::Count | Shape::Totals(_) => true,
    }
}

/// Whether a shape tells nothing of a single row: its number, its place in an order, the groups it falls into.
fn is_of_many(shape: &Shape) -> bool {
    matches!(shape, Shape::Count | Shape::Top { .. } | Shape::Group(_) | Shape::List { order: Some(_), .. })
}

/// Whether a filter leaves the one row that is known by a name or key.
fn names_row(world: &World<'_>, filter: &Filter) -> bool {
    let Filter::Value { column, values, negated: false } = filter else { return false };
    values.len() == 1 && (world.role(*column) == Role::Name || world.is_key(*column))
}

/// Whether two filters speak of one thing.
pub fn clash(world: &World<'_>, a: &Filter, b: &Filter) -> bool {
    let (of_a, of_b) = (columns_of(world, a), columns_of(world, b));
    if of_a.is_empty() || of_b.is_empty() {
        return std::mem::discriminant(a) == std::mem::discriminant(b);
    }
    of_a.iter().any(|c| of_b.contains(c))
}

/// The columns of the row itself that a filter tests.
pub fn columns_of(world: &World<'_>, filter: &Filter) -> Vec<ColumnId> {
    match filter {
        Filter::Value { column, .. } | Filter::When { column, .. } | Filter::Missing { column, .. } => vec![*column],
        Filter::Text { column, .. } | Filter::Flag { column, .. } => vec![*column],
        Filter::Number { measure: Measure::Column(c), .. } | Filter::Between { measure: Measure::Column(c), .. } => {
            vec![*c]
        }
        Filter::Named(index) => world.conditions.get(*index).map_or(vec![], columns_in),
        _ => vec![],
    }
}

/// The columns of the row that a named expression speaks of, which is source 0.
fn columns_in(named: &Named) -> Vec<ColumnId> {
    let mut found = vec![];
    each_expr(&named.expr, &mut |e| {
        if let ExprKind::Column { source: SourceId(0), column } = e.kind {
            found.push(ColumnId { table: named.table, column });
        }
    });
    found
}

/// Whether a filter says already what the column holds.
fn is_told(ask: &Ask, output: &Output) -> bool {
    let Measure::Column(column) = output.measure else { return false };
    output.path.is_empty() && ask.filters.iter().any(|filter| fixes(filter, column))
}

fn fixes(filter: &Filter, column: ColumnId) -> bool {
    match filter {
        Filter::Value { column: fixed, values, negated: false } => *fixed == column && values.len() == 1,
        Filter::Missing { column: fixed, negated: false } => *fixed == column,
        _ => false,
    }
}

fn totals(group: &Group) -> impl Iterator<Item = &Aggregate> {
    let top = group.top.iter().map(|(total, ..)| total);
    group.totals.iter().chain(top).chain(group.having.iter().map(|having| &having.total))
}

/// "Assignments on PRJ-007 per project".
fn names_group(world: &World<'_>, key: &Key, filter: &Filter) -> bool {
    let Key::Entity(path) = key else { return false };
    let Some(&first) = path.first() else { return false };
    match filter {
        Filter::Parent { key, filters } => {
            let named = |f: &Filter| {
                matches!(f, Filter::Value { column, values, negated: false }
                if values.len() == 1 && matches!(world.role(*column), Role::Name | Role::Code))
            };
            *key == first && filters.iter().any(named)
        }
        Filter::Value { column, values, negated: false } => {
            values.len() == 1 && world.catalog.key_pairs(first).any(|(from, _)| from == *column)
        }
        _ => false,
    }
}

/// "Different projects per project".
fn counts_its_key(world: &World<'_>, group: &Group, total: &Aggregate) -> bool {
    let Some(Output { measure: Measure::Column(counted), path }) = &total.of else { return false };
    if total.function != Function::CountDistinct || !path.is_empty() {
        return false;
    }
    group.keys.iter().any(|key| match key {
        Key::Column(Output { path, measure: Measure::Column(c) }) => path.is_empty() && c == counted,
        Key::Column(_) => false,
        Key::Entity(path) => {
            path.first().is_some_and(|&key| world.catalog.key_pairs(key).any(|(from, _)| from == *counted))
        }
    })
}
