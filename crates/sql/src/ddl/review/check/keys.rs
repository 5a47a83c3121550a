//! Foreign keys: what they lead to.

use super::super::codes;
use super::super::definitions::{Definitions, primary_key, references, same};
use super::Check;
use super::names::with_nearest;
use crate::ddl::type_of_declared;
use crate::dialect::quote_name;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{CreateTable, ObjectKind, Reference};
use schema::Type;

impl Check<'_> {
    /// Every foreign key of a new table.
    pub(super) fn foreign_keys(&mut self, table: &CreateTable) {
        for (columns, reference) in references(table) {
            self.foreign_key(table, &columns, reference);
        }
    }

    /// One foreign key: its table, its columns, and their types.
    pub(super) fn foreign_key(&mut self, table: &CreateTable, columns: &[&Name], reference: &Reference) {
        let Some(target) = self.after.table(&reference.table.text).cloned() else {
            return self.leads_nowhere(reference);
        };
        let listed: Vec<String> = match reference.columns.as_slice() {
            [] => primary_key(&target),
            columns => columns.iter().map(|name| name.text.clone()).collect(),
        };
        if listed.len() != columns.len() && !reference.columns.is_empty() {
            let (own, other) = (count(columns.len()), count(listed.len()));
            let message = format!("The foreign key has {own} and refers to {other}.");
            return self.add(codes::MISFIT.at(reference.table.span, message));
        }
        for column in &reference.columns {
            if !target.columns.iter().any(|known| same(&known.name.text, &column.text)) {
                let (name, of) = (quote_name(&column.text), quote_name(&target.name.text));
                let finding = codes::NO_KEY.at(column.span, format!("There is no column {name} in {of}."));
                let known = target.columns.iter().map(|known| known.name.text.as_str());
                return self.stricter(with_nearest(finding, column, known));
            }
        }
        if !is_key(&target, &listed, self.after) || listed.len() != columns.len() {
            return self.no_key(&target, reference);
        }
        self.same_types(table, &target, columns, &listed);
    }

    fn leads_nowhere(&mut self, reference: &Reference) {
        let name = &reference.table;
        if self.is_sqlite() && self.created.iter().any(|created| same(created, &name.text)) {
            return;
        }
        let message = format!("There is no table {}.", quote_name(&name.text));
        let finding = codes::NO_KEY.at(name.span, message);
        let known = self.before.names(ObjectKind::Table);
        let finding = with_nearest(finding, name, known.into_iter());
        self.stricter(finding);
    }

    fn no_key(&mut self, target: &CreateTable, reference: &Reference) {
        let name = quote_name(&target.name.text);
        let message = match reference.columns.as_slice() {
            [] => format!("{name} has no primary key of as many columns."),
            columns => {
                let columns: Vec<String> = columns.iter().map(|column| quote_name(&column.text)).collect();
                format!("{name} ({}) is no key: neither PRIMARY KEY nor UNIQUE.", columns.join(", "))
            }
        };
        let finding = codes::NO_KEY.at(reference.table.span, message);
        let key = primary_key(target);
        self.stricter(match key.is_empty() {
            true => finding,
            false => finding.help(format!("The primary key of {name} is ({}).", key.join(", "))),
        });
    }

    fn same_types(&mut self, table: &CreateTable, target: &CreateTable, columns: &[&Name], listed: &[String]) {
        for (own, other) in columns.iter().zip(listed) {
            let (own_type, other_type) = (declared(table, &own.text), declared(target, other));
            let (a, b) = (type_of_declared(own_type), type_of_declared(other_type));
            if a != b && a != Type::Unknown && b != Type::Unknown {
                let (own_name, of) = (quote_name(&own.text), quote_name(&target.name.text));
                let message = format!("{own_name} is {own_type}, and {of}.{} is {other_type}.", quote_name(other));
                let finding = codes::OTHER_TYPE.at(own.span, message);
                self.add(finding.help(format!("Make {own_name} {other_type} too.")));
            }
        }
    }
}

fn count(n: usize) -> String {
    if n == 1 { "1 column".to_owned() } else { format!("{n} columns") }
}

fn declared<'t>(table: &'t CreateTable, column: &str) -> &'t str {
    table.columns.iter().find(|known| same(&known.name.text, column)).map_or("", |known| known.declared())
}

/// Whether these columns, in any order, are a key of the table.
fn is_key(table: &CreateTable, columns: &[String], definitions: &Definitions) -> bool {
    let all_in = |a: &[String], b: &[String]| a.iter().all(|one| b.iter().any(|other| same(one, other)));
    let lists = definitions.key_lists(table);
    lists.iter().any(|list| list.unique && all_in(&list.columns, columns) && all_in(columns, &list.columns))
}
