//! What to do where SQLite has no form for a change of a table: the table is built anew, as SQLite's own page on ALTER TABLE
//! has it.

use super::definitions::{Definitions, plain};
use super::print;
use crate::dialect::Dialect;
use crate::syntax::ddl::ast::{Change, ColumnRule, CreateTable, Statement, StatementKind};

/// Views and triggers that read the table are let be while it is renamed, which is what the older way of it does.
const LAST: [&str; 4] =
    ["PRAGMA foreign_key_check", "COMMIT", "PRAGMA legacy_alter_table = OFF", "PRAGMA foreign_keys = ON"];

/// The statements that do what a refused ALTER TABLE wants; none where that is not known.
pub(super) fn instead(statement: &Statement, before: &Definitions, after: &Definitions) -> Vec<String> {
    let StatementKind::AlterTable(alter) = &statement.kind else { return vec![] };
    let only_form = alter.changes.iter().all(|change| {
        matches!(
            change,
            Change::SetType { .. }
                | Change::SetDefault(..)
                | Change::DropDefault(_)
                | Change::Redefine(_)
                | Change::AddConstraint(_)
        )
    });
    match (before.table(&alter.table.text), after.table(&alter.table.text)) {
        (Some(old), Some(new)) if only_form && before.dialect == Dialect::Sqlite => rebuilt(old, new, after),
        _ => vec![],
    }
}

fn rebuilt(old: &CreateTable, new: &CreateTable, after: &Definitions) -> Vec<String> {
    let name = |text: &str| print::name(&plain(text), Dialect::Sqlite);
    let mut fresh = format!("new_{}", old.name.text);
    while after.kind_of(&fresh).is_some() {
        fresh.push('_');
    }
    let create = CreateTable { name: plain(&fresh), ..new.clone() };
    let stored = old
        .columns
        .iter()
        .filter(|column| column.find(|rule| matches!(rule, ColumnRule::Generated { .. }).then_some(())).is_none());
    let columns = stored.map(|column| name(&column.name.text)).collect::<Vec<_>>().join(", ");
    let (fresh, own) = (name(&fresh), name(&old.name.text));
    let mut statements = vec![
        "PRAGMA foreign_keys = OFF".to_owned(),
        "PRAGMA legacy_alter_table = ON".to_owned(),
        "BEGIN".to_owned(),
        print::create_table(&create, Dialect::Sqlite),
        format!("INSERT INTO {fresh} ({columns}) SELECT {columns} FROM {own}"),
        format!("DROP TABLE {own}"),
        format!("ALTER TABLE {fresh} RENAME TO {own}"),
    ];
    statements.extend(after.indexes_on(&old.name.text).map(|index| print::create_index(index, Dialect::Sqlite)));
    statements.extend(after.triggers_on(&old.name.text).map(|trigger| trigger.text.clone()));
    statements.extend(LAST.map(str::to_owned));
    statements
}
