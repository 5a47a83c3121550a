//! Rows of a list can be told apart: who asks for budgets of projects is shown which project each belongs to.

use schema::{ColumnId, Role, TableId};

use super::dice::Dice;
use super::meaning::{Measure, Output};
use super::world::World;

/// The columns that are asked for, with those that tell rows apart before them where none of them does.
pub fn identified(world: &World<'_>, root: TableId, columns: Vec<Output>, dice: &mut Dice) -> Vec<Output> {
    if columns.iter().any(|column| tells_apart(world, column)) {
        return columns;
    }
    let display = display(world, root);
    let names: Vec<Output> = display.iter().filter(|column| tells_apart(world, column)).cloned().collect();
    let mut shown = match dice.pick(&names) {
        Some(one) if dice.chance(0.5) => vec![one.clone()],
        _ => display,
    };
    shown.extend(columns.into_iter().filter(|column| !shown.contains(column)).collect::<Vec<_>>());
    shown
}

/// The display columns of a table as outputs of its own rows.
pub fn display(world: &World<'_>, root: TableId) -> Vec<Output> {
    let columns = world.glossary.display(world.catalog, root);
    columns.into_iter().map(|column| Output { path: vec![], measure: Measure::Column(column) }).collect()
}

/// The columns behind the display columns, where these come first: what "projects with their budget" names.
pub fn beyond_display<'c>(world: &World<'_>, root: TableId, columns: &'c [Output]) -> Option<&'c [Output]> {
    let beyond = columns.strip_prefix(display(world, root).as_slice())?;
    (!beyond.is_empty() && !beyond.iter().any(|column| tells_apart(world, column))).then_some(beyond)
}

fn tells_apart(world: &World<'_>, output: &Output) -> bool {
    let Measure::Column(column) = output.measure else { return false };
    matches!(world.role(column), Role::Name | Role::Code | Role::Key) || is_key(world, column)
}

fn is_key(world: &World<'_>, column: ColumnId) -> bool {
    world.catalog.table(column.table).primary_key == [column.column]
}
