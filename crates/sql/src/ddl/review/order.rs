//! Which statement first: what creates a thing before what needs it, what drops a thing after what drops its readers. Beyond
//! that the order is the one given.

use super::apply::speaks_of;
use super::definitions::{Definitions, references, same};
use crate::syntax::ddl::ast::{Change, CreateTable, ObjectKind, Statement, StatementKind};

/// The places of the statements in the order in which they can be run.
pub(super) fn safe_order(statements: &[Statement], definitions: &Definitions) -> Vec<usize> {
    let mut left: Vec<usize> = (0..statements.len()).collect();
    let mut order = vec![];
    while !left.is_empty() {
        let is_free = |place: &&usize| {
            let waits =
                |other: &&usize| *other != *place && is_before(&statements[**other], &statements[**place], definitions);
            !left.iter().any(|other| waits(&other))
        };
        let next = left.iter().find(is_free).copied().unwrap_or(left[0]);
        left.retain(|place| *place != next);
        order.push(next);
    }
    order
}

/// The names of the tables and views that the statements create.
pub(super) fn created(statements: &[Statement]) -> Vec<String> {
    statements.iter().filter_map(|statement| creates(statement)).map(str::to_owned).collect()
}

fn is_before(first: &Statement, second: &Statement, definitions: &Definitions) -> bool {
    let made = creates(first).is_some_and(|name| definitions.kind_of(name).is_none() && needs(second, name));
    made || frees(first, second, definitions)
}

fn creates(statement: &Statement) -> Option<&str> {
    match &statement.kind {
        StatementKind::CreateTable(table) => Some(&table.name.text),
        StatementKind::CreateView(view) => Some(&view.name.text),
        _ => None,
    }
}

/// Whether a statement needs a table or view to be there.
fn needs(statement: &Statement, name: &str) -> bool {
    match &statement.kind {
        StatementKind::CreateTable(table) => {
            !same(&table.name.text, name)
                && (refers(table, name) || table.query.as_ref().is_some_and(|query| speaks_of(&query.text, name)))
        }
        StatementKind::CreateIndex(index) => same(&index.table.text, name),
        StatementKind::CreateView(view) => !same(&view.name.text, name) && speaks_of(&view.query.text, name),
        StatementKind::CreateTrigger(trigger) => same(&trigger.table.text, name),
        StatementKind::AlterTable(alter) => same(&alter.table.text, name),
        StatementKind::Drop(_) => false,
    }
}

fn refers(table: &CreateTable, name: &str) -> bool {
    references(table).iter().any(|(_, reference)| same(&reference.table.text, name))
}

/// Whether the first statement drops something that stands in the way of the second.
fn frees(first: &Statement, second: &Statement, definitions: &Definitions) -> bool {
    let StatementKind::Drop(drop) = &first.kind else { return false };
    let gone = dropped(second);
    drop.names.iter().any(|name| match drop.object {
        ObjectKind::Table => {
            definitions.table(&name.text).is_some_and(|table| gone.is_some_and(|g| g.1.is_none() && refers(table, g.0)))
        }
        ObjectKind::View => definitions
            .view(&name.text)
            .is_some_and(|view| gone.is_some_and(|(table, _)| speaks_of(&view.query.text, table))),
        ObjectKind::Index => {
            let index = definitions.index(&name.text);
            index.is_some_and(|index| gone.is_some_and(|(table, _)| same(&index.table.text, table)))
        }
        ObjectKind::Trigger => {
            let trigger = definitions.trigger(&name.text);
            trigger.is_some_and(|trigger| gone.is_some_and(|(table, _)| speaks_of(&trigger.text, table)))
        }
    })
}

/// The table or column that a statement drops.
fn dropped(statement: &Statement) -> Option<(&str, Option<&str>)> {
    match &statement.kind {
        StatementKind::Drop(drop) if drop.object == ObjectKind::Table => Some((&drop.names.first()?.text, None)),
        StatementKind::AlterTable(alter) => alter.changes.iter().find_map(|change| match change {
            Change::DropColumn { column, .. } => Some((alter.table.text.as_str(), Some(column.text.as_str()))),
            _ => None,
        }),
        _ => None,
    }
}
