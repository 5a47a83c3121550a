//! What depends on a table or column that a statement drops, renames or retypes, as far as definitions tell it.

use schema::ColumnId;

use super::Touch;
use super::apply::speaks_of;
use super::definitions::{Definitions, columns_of, references, same};
use crate::dialect::quote_name;
use crate::lineage::{Read, lineage};
use crate::resolve::parse;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{
    Change, ColumnRule, CreateIndex, CreateTable, CreateView, ObjectKind, StatementKind, TableRule,
};

/// The tables and columns whose readers a statement concerns.
pub(super) fn touches(statement: &StatementKind, definitions: &Definitions) -> Vec<Touch> {
    match statement {
        StatementKind::Drop(drop) if matches!(drop.object, ObjectKind::Table | ObjectKind::View) => {
            let known = drop.names.iter().filter(|name| definitions.kind_of(&name.text) == Some(drop.object));
            known.map(|name| Touch { table: name.text.clone(), column: None }).collect()
        }
        StatementKind::AlterTable(alter) => {
            let Some(table) = definitions.table(&alter.table.text) else { return vec![] };
            let touch = |column: Option<&Name>| Touch {
                table: table.name.text.clone(),
                column: column.map(|name| spelled(table, &name.text)),
            };
            let of_change = |change: &Change| match change {
                Change::RenameTo(_) => Some(touch(None)),
                Change::RenameColumn { from: column, .. }
                | Change::DropColumn { column, .. }
                | Change::SetType { column, .. } => Some(touch(Some(column))),
                Change::Redefine(column) => Some(touch(Some(&column.name))),
                _ => None,
            };
            alter.changes.iter().filter_map(of_change).collect()
        }
        _ => vec![],
    }
}

/// A column as its table spells it.
fn spelled(table: &CreateTable, column: &str) -> String {
    let known = table.columns.iter().find(|known| same(&known.name.text, column));
    known.map_or_else(|| column.to_owned(), |known| known.name.text.clone())
}

/// What depends on what a statement changes, a sentence each.
pub(super) fn dependents(statement: &StatementKind, definitions: &Definitions) -> Vec<String> {
    let mut found = vec![];
    for touch in touches(statement, definitions) {
        match &touch.column {
            Some(column) => found.extend(of_column(&touch.table, column, definitions)),
            None => found.extend(of_table(&touch.table, definitions)),
        }
    }
    found
}

fn of_table(table: &str, definitions: &Definitions) -> Vec<String> {
    let mut found = referring(table, None, definitions);
    found.extend(definitions.indexes_on(table).map(|index| format!("index {} is on it", called(index))));
    let views =
        definitions.views.iter().filter(|view| !same(&view.name.text, table) && speaks_of(&view.query.text, table));
    found.extend(views.map(|view| format!("view {} reads it", quote_name(&view.name.text))));
    let triggers = definitions.triggers.iter().filter(|trigger| speaks_of(&trigger.text, table));
    found.extend(triggers.map(|trigger| format!("trigger {} speaks of it", quote_name(&trigger.name.text))));
    found
}

fn of_column(table: &str, column: &str, definitions: &Definitions) -> Vec<String> {
    let mut found = own_parts(table, column, definitions);
    found.extend(referring(table, Some(column), definitions));
    let views = definitions.views.iter().filter(|view| reads(view, table, column, definitions));
    found.extend(views.map(|view| format!("view {} reads it", quote_name(&view.name.text))));
    let of_table = |text: &str| speaks_of(text, table) && speaks_of(text, column);
    let triggers = definitions.triggers.iter().filter(|trigger| of_table(&trigger.text));
    found.extend(triggers.map(|trigger| format!("trigger {} may speak of it", quote_name(&trigger.name.text))));
    found
}

/// Keys, checks, indexes and computed columns of the table itself that speak of a column; not what the column's own
/// definition says.
pub(super) fn own_parts(table: &str, column: &str, definitions: &Definitions) -> Vec<String> {
    let Some(found) = definitions.table(table) else { return vec![] };
    let has = |columns: &[String]| columns.iter().any(|known| same(known, column));
    let mut parts: Vec<String> = vec![];
    for constraint in &found.constraints {
        parts.extend(match &constraint.kind {
            TableRule::PrimaryKey(terms, _) if has(&columns_of(terms)) => {
                Some("it is part of the primary key".to_owned())
            }
            TableRule::Unique(terms, _) if has(&columns_of(terms)) => Some("a UNIQUE constraint holds it".to_owned()),
            TableRule::Index(_, terms) if has(&columns_of(terms)) => Some("a key holds it".to_owned()),
            TableRule::Check(check) if speaks_of(&check.text, column) => {
                Some(format!("CHECK ({}) reads it", check.text))
            }
            TableRule::ForeignKey(columns, reference) if columns.iter().any(|name| same(&name.text, column)) => {
                Some(format!("it is part of the foreign key to {}", quote_name(&reference.table.text)))
            }
            _ => None,
        });
    }
    for other in found.columns.iter().filter(|other| !same(&other.name.text, column)) {
        let text = other.find(|rule| match rule {
            ColumnRule::Generated { value: piece, .. } | ColumnRule::Check(piece) => {
                speaks_of(&piece.text, column).then_some(())
            }
            _ => None,
        });
        parts.extend(text.map(|()| format!("the definition of column {} reads it", quote_name(&other.name.text))));
    }
    parts.extend(indexes_with(table, column, definitions).map(|index| format!("index {} holds it", called(index))));
    parts
}

fn indexes_with<'a>(
    table: &'a str,
    column: &'a str,
    definitions: &'a Definitions,
) -> impl Iterator<Item = &'a CreateIndex> {
    definitions.indexes_on(table).filter(move |index| {
        let filter = index.filter.iter().any(|filter| speaks_of(&filter.text, column));
        filter || super::apply::mentions(&index.terms, column)
    })
}

fn called(index: &CreateIndex) -> String {
    index.name.as_ref().map_or_else(|| "without a name".to_owned(), |name| quote_name(&name.text))
}

/// The foreign keys of other tables that refer to a table, or to one of its columns.
pub(super) fn referring(table: &str, column: Option<&str>, definitions: &Definitions) -> Vec<String> {
    let key = definitions.table(table).map(super::definitions::primary_key).unwrap_or_default();
    let mut found = vec![];
    for other in definitions.tables.iter().filter(|other| !same(&other.name.text, table)) {
        for (columns, reference) in references(other).into_iter().filter(|(_, r)| same(&r.table.text, table)) {
            let referred: Vec<&str> = match reference.columns.as_slice() {
                [] => key.iter().map(String::as_str).collect(),
                named => named.iter().map(|name| name.text.as_str()).collect(),
            };
            if column.is_none_or(|column| referred.iter().any(|known| same(known, column))) {
                let names: Vec<String> = columns.iter().map(|name| quote_name(&name.text)).collect();
                let other = quote_name(&other.name.text);
                found.push(format!("foreign key {other} ({}) refers to it", names.join(", ")));
            }
        }
    }
    found
}

/// Whether a view reads a column.
fn reads(view: &CreateView, table: &str, column: &str, definitions: &Definitions) -> bool {
    let catalog = &definitions.catalog;
    let wanted: Option<ColumnId> = catalog.find_table(table).and_then(|table| catalog.find_column(table, column));
    let query = parse(&view.query.text, catalog, definitions.dialect).ok();
    match (query, wanted) {
        (Some(query), Some(wanted)) => lineage(&query, catalog).reads.contains(&Read::Column(wanted)),
        _ => false,
    }
}
