//! How a statement is taken back: the statements that do it, and what nothing brings back.

use super::definitions::{Definitions, same};
use super::print;
use crate::dialect::Dialect;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{
    AlterTable, Change, ColumnDefinition, ColumnRule, CreateTable, Drop, ObjectKind, StatementKind,
};

/// The statements that take one back, given what is defined before it.
pub(super) fn undo(statement: &StatementKind, before: &Definitions) -> (Vec<String>, Option<String>) {
    let name = |name: &Name| print::name(name, before.dialect);
    let dropped = |kind: ObjectKind, own: &Name, exists: bool| match exists {
        true => (vec![], None),
        false => (vec![format!("DROP {} {}", kind.word(), name(own))], None),
    };
    match statement {
        StatementKind::CreateTable(table) => {
            dropped(ObjectKind::Table, &table.name, before.kind_of(&table.name.text).is_some())
        }
        StatementKind::CreateView(view) => match before.view(&view.name.text) {
            Some(known) if view.replace => {
                (vec![format!("DROP VIEW {}", name(&view.name)), print::create_view(known, before.dialect)], None)
            }
            known => dropped(ObjectKind::View, &view.name, known.is_some()),
        },
        StatementKind::CreateIndex(index) => match &index.name {
            Some(own) => dropped_index(own, &index.table, before),
            None => (vec![], None),
        },
        StatementKind::CreateTrigger(trigger) => {
            dropped(ObjectKind::Trigger, &trigger.name, before.trigger(&trigger.name.text).is_some())
        }
        StatementKind::AlterTable(alter) => of_alter(alter, before),
        StatementKind::Drop(drop) => of_drop(drop, before),
    }
}

fn dropped_index(own: &Name, table: &Name, before: &Definitions) -> (Vec<String>, Option<String>) {
    if before.index(&own.text).is_some() {
        return (vec![], None);
    }
    let (own, table) = (print::name(own, before.dialect), print::name(table, before.dialect));
    let on = if before.dialect == Dialect::MySql { format!(" ON {table}") } else { String::new() };
    (vec![format!("DROP INDEX {own}{on}")], None)
}

fn of_drop(drop: &Drop, before: &Definitions) -> (Vec<String>, Option<String>) {
    let mut statements = vec![];
    for name in drop.names.iter().map(|name| name.text.as_str()) {
        match drop.object {
            ObjectKind::Table => statements.extend(before.table(name).map(|t| print::create_table(t, before.dialect))),
            ObjectKind::View => statements.extend(before.view(name).map(|v| print::create_view(v, before.dialect))),
            ObjectKind::Index => statements.extend(before.index(name).map(|i| print::create_index(i, before.dialect))),
            ObjectKind::Trigger => statements.extend(before.trigger(name).map(|trigger| trigger.text.clone())),
        }
        if matches!(drop.object, ObjectKind::Table | ObjectKind::View) {
            statements.extend(before.indexes_on(name).map(|index| print::create_index(index, before.dialect)));
            statements.extend(before.triggers_on(name).map(|trigger| trigger.text.clone()));
        }
    }
    let lost = drop.object == ObjectKind::Table && !statements.is_empty();
    (statements, lost.then(|| "the rows do not come back".to_owned()))
}

fn of_alter(alter: &AlterTable, before: &Definitions) -> (Vec<String>, Option<String>) {
    let broken = before.broken_views().next().filter(|_| before.dialect == Dialect::Sqlite);
    if let Some(view) = broken {
        let view = print::name(&view.name, before.dialect);
        return (vec![], Some(format!("SQLite undoes it only when view {view} can be read again")));
    }
    let Some(table) = before.table(&alter.table.text) else { return (vec![], None) };
    let (mut statements, mut lost) = (vec![], None);
    let mut name = table.name.clone();
    for change in &alter.changes {
        let (undone, note) = of_change(change, table, before.dialect);
        let mut on = name.clone();
        if let Change::RenameTo(to) = change {
            on = to.clone();
            name = to.clone();
        }
        let on = print::name(&on, before.dialect);
        statements.extend(undone.map(|undone| format!("ALTER TABLE {on} {undone}")));
        lost = lost.or(note);
    }
    statements.reverse();
    (statements, lost)
}

/// What undoes one change, and what it does not bring back.
fn of_change(change: &Change, table: &CreateTable, dialect: Dialect) -> (Option<String>, Option<String>) {
    let name = |name: &Name| print::name(name, dialect);
    let known = |column: &Name| table.columns.iter().find(|known| same(&known.name.text, &column.text));
    let undone = match change {
        Change::AddColumn { column, .. } if known(&column.name).is_some() => None,
        Change::AddColumn { column, .. } => Some(format!("DROP COLUMN {}", name(&column.name))),
        Change::AddConstraint(constraint) => {
            constraint.name.as_ref().map(|own| format!("DROP CONSTRAINT {}", name(own)))
        }
        Change::DropColumn { column, .. } => return known(column).map_or((None, None), |c| column_back(c, dialect)),
        Change::DropConstraint { name, .. } => {
            let constraint =
                table.constraints.iter().find(|c| c.name.as_ref().is_some_and(|own| same(&own.text, &name.text)));
            constraint.map(|constraint| format!("ADD {}", print::table_constraint(constraint, dialect)))
        }
        Change::RenameTo(_) => Some(format!("RENAME TO {}", name(&table.name))),
        Change::RenameColumn { from, to } => Some(format!("RENAME COLUMN {} TO {}", name(to), name(from))),
        Change::SetType { column, .. } => {
            known(column).map(|old| format!("ALTER COLUMN {} TYPE {}", name(column), old.declared()))
        }
        Change::SetNotNull(column) => {
            known(column).filter(|c| !c.is_not_null()).map(|_| format!("ALTER COLUMN {} DROP NOT NULL", name(column)))
        }
        Change::DropNotNull(column) => {
            known(column).filter(|c| c.is_not_null()).map(|_| format!("ALTER COLUMN {} SET NOT NULL", name(column)))
        }
        Change::SetDefault(column, _) | Change::DropDefault(column) => {
            known(column).map(|old| default_back(old, &name(column)))
        }
        Change::Redefine(column) => {
            known(&column.name).map(|old| format!("MODIFY COLUMN {}", print::column(old, dialect)))
        }
    };
    (undone, None)
}

fn default_back(column: &ColumnDefinition, name: &str) -> String {
    match column.default() {
        Some(value) => format!("ALTER COLUMN {name} SET DEFAULT {}", value.text),
        None => format!("ALTER COLUMN {name} DROP DEFAULT"),
    }
}

/// A dropped column again, if it can be added to a table with rows.
fn column_back(column: &ColumnDefinition, dialect: Dialect) -> (Option<String>, Option<String>) {
    let computed = column.find(|rule| matches!(rule, ColumnRule::Generated { .. }).then_some(())).is_some();
    let unfilled = column.is_not_null() && column.default().is_none() && !computed;
    let variable = column.default().is_some_and(|value| !super::check::is_constant(&value.text));
    let note = if computed { None } else { Some("its values do not come back".to_owned()) };
    if unfilled || variable && dialect == Dialect::Sqlite {
        let note = "its values do not come back, and it can be added again only as a column that may be empty";
        return (None, Some(note.to_owned()));
    }
    (Some(format!("ADD COLUMN {}", print::column(column, dialect))), note)
}
