//! CREATE INDEX, CREATE VIEW and CREATE TRIGGER.

use super::super::codes;
use super::super::definitions::{columns_of, same};
use super::Check;
use crate::dialect::quote_name;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{CreateIndex, CreateTable, CreateTrigger, CreateView, ObjectKind};

impl Check<'_> {
    pub(super) fn create_index(&mut self, index: &CreateIndex) {
        if let Some(name) = &index.name
            && !self.free_name(name, ObjectKind::Index, index.if_not_exists)
        {
            return;
        }
        let Some(table) = self.known_table(&index.table, "it has no rows of its own to be indexed", false) else {
            return;
        };
        for term in &index.terms {
            match &term.column {
                Some(column) => {
                    self.known_column(&table, column);
                }
                None => {
                    self.expression(&term.expr, &table.name.text, "an index");
                    self.fixed_functions(&term.expr, "an index");
                }
            }
        }
        if let Some(filter) = &index.filter {
            self.expression(filter, &table.name.text, "the condition of an index");
            self.fixed_functions(filter, "the condition of an index");
        }
        self.adds_something(index, &table);
        if index.unique {
            let message = "Rows that are alike in these columns stand against a unique index.";
            let columns = index.terms.iter().map(|term| term.expr.text.as_str()).collect::<Vec<_>>().join(", ");
            let name = quote_name(&table.name.text);
            let help =
                format!("SELECT {columns}, COUNT(*) FROM {name} GROUP BY {columns} HAVING COUNT(*) > 1 shows them.");
            self.add(codes::ROWS.at(index.table.span, message).help(help));
        }
    }

    /// An index whose columns another key or index begins with.
    fn adds_something(&mut self, index: &CreateIndex, table: &CreateTable) {
        let columns = columns_of(&index.terms);
        if columns.len() != index.terms.len() || index.filter.is_some() {
            return;
        }
        let lists = self.before.key_lists(table);
        let leads =
            |known: &[String]| known.len() >= columns.len() && known.iter().zip(&columns).all(|(a, b)| same(a, b));
        let found = lists.iter().find(|list| {
            let whole = list.unique && list.columns.len() == columns.len();
            leads(&list.columns) && (!index.unique || whole)
        });
        if let Some(list) = found {
            let (label, known) = (&list.label, list.columns.join(", "));
            let message = format!("{} ({known}) finds rows by these columns already.", capitalised(label));
            self.add(
                codes::ADDS_NOTHING
                    .at(index.table.span, message)
                    .help("Leave the index out: each costs time on every change."),
            );
        }
    }

    pub(super) fn create_view(&mut self, view: &CreateView) {
        let replaced = view.replace && self.before.view(&view.name.text).is_some();
        if !replaced && !self.free_name(&view.name, ObjectKind::View, view.if_not_exists) {
            return;
        }
        let noted = self.found.len();
        self.query(&view.query);
        if self.found.len() > noted || view.columns.is_empty() {
            return;
        }
        let width = crate::resolve::parse(&view.query.text, &self.before.catalog, self.dialect).ok();
        let width = width.map(|query| crate::visit::arity(&query));
        if let Some(width) = width.filter(|width| *width != view.columns.len()) {
            let message = format!("The view names {} columns, and its query shows {width}.", view.columns.len());
            self.add(codes::MISFIT.at(view.name.span, message));
        }
    }

    pub(super) fn create_trigger(&mut self, trigger: &CreateTrigger) {
        if self.before.trigger(&trigger.name.text).is_some() {
            let shown = quote_name(&trigger.name.text);
            let message = format!("There is a trigger {shown} already.");
            return self.add(match trigger.if_not_exists {
                true => codes::NO_CHANGE.at(trigger.name.span, message),
                false => codes::TAKEN.at(trigger.name.span, message).help("Choose another name."),
            });
        }
        self.must_be_quoted(&trigger.name);
        let Name { text, span, .. } = &trigger.table;
        match self.before.kind_of(text) {
            Some(ObjectKind::Table) if trigger.instead => {
                let message = format!("{} is a table: INSTEAD OF is for views.", quote_name(text));
                self.add(codes::OTHER_KIND.at(*span, message).help("Write BEFORE or AFTER."));
            }
            Some(ObjectKind::View) if !trigger.instead => {
                let message = format!("{} is a view: its triggers are INSTEAD OF.", quote_name(text));
                self.add(codes::OTHER_KIND.at(*span, message).help("Write INSTEAD OF."));
            }
            Some(ObjectKind::Table | ObjectKind::View) => {}
            _ => self.unknown(&trigger.table, ObjectKind::Table, false),
        }
    }
}

/// "The primary key" of "the primary key".
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
