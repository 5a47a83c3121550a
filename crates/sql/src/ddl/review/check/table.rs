//! CREATE TABLE.

use super::super::codes;
use super::super::definitions::{is_computed, is_primary, primary_key, same};
use super::Check;
use crate::dialect::quote_name;
use crate::resolve::parse;
use crate::syntax::ddl::ast::{CreateTable, ObjectKind, Piece, TableConstraint, TableRule, Term};
use crate::tree::Span;

/// The types of a STRICT table.
const STRICT_TYPES: [&str; 6] = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];

impl Check<'_> {
    pub(super) fn create_table(&mut self, table: &CreateTable) {
        if !self.free_name(&table.name, ObjectKind::Table, table.if_not_exists) {
            return;
        }
        if let Some(query) = &table.query {
            self.query(query);
            return;
        }
        self.columns_once(table);
        for column in &table.columns {
            self.must_be_quoted(&column.name);
            self.column(table, column);
        }
        for constraint in &table.constraints {
            self.table_constraint(table, constraint);
        }
        self.one_primary_key(table);
        self.computed_columns(table);
        self.options(table);
        self.foreign_keys(table);
    }

    /// The query of a view or of CREATE TABLE … AS.
    pub(super) fn query(&mut self, query: &Piece) {
        let text = self.text.get(query.span.start as usize..query.span.end as usize).unwrap_or("");
        let found = parse(text, &self.before.catalog, self.dialect).diagnostics;
        self.found.extend(found.into_iter().map(|finding| super::expression::moved(finding, query.span.start)));
    }

    fn columns_once(&mut self, table: &CreateTable) {
        for (place, column) in table.columns.iter().enumerate() {
            let first = table.columns[..place].iter().find(|other| same(&other.name.text, &column.name.text));
            if let Some(first) = first {
                let message = format!("Column {} is defined twice.", quote_name(&column.name.text));
                self.add(codes::COLUMN_TWICE.at(column.name.span, message).label(first.name.span, "here first"));
            }
        }
    }

    /// Columns, checks and keys of a constraint of a table.
    pub(super) fn table_constraint(&mut self, table: &CreateTable, constraint: &TableConstraint) {
        match &constraint.kind {
            TableRule::PrimaryKey(terms, _) | TableRule::Unique(terms, _) | TableRule::Index(_, terms) => {
                self.key_terms(table, terms);
            }
            TableRule::Check(check) => self.expression(check, &table.name.text, "a CHECK"),
            TableRule::ForeignKey(columns, _) => {
                for column in columns {
                    self.known_column(table, column);
                }
            }
        }
    }

    fn key_terms(&mut self, table: &CreateTable, terms: &[Term]) {
        for term in terms {
            match &term.column {
                Some(column) => {
                    self.known_column(table, column);
                }
                None => {
                    let message = "A key holds columns, no expressions.";
                    self.add(
                        codes::EXPRESSION.at(term.expr.span, message).help("Make a unique index of the expression."),
                    );
                }
            }
        }
    }

    fn one_primary_key(&mut self, table: &CreateTable) {
        let of_columns = table.columns.iter().filter(|column| is_primary(column)).map(|column| column.name.span);
        let of_table = table.constraints.iter().filter(|c| matches!(c.kind, TableRule::PrimaryKey(..))).map(|c| c.span);
        let keys: Vec<Span> = of_columns.chain(of_table).collect();
        if let [first, second, ..] = keys.as_slice() {
            let message = format!("Table {} has more than one primary key.", quote_name(&table.name.text));
            let help = "Write one PRIMARY KEY (…) with all of its columns.";
            self.add(codes::MISFIT.at(*second, message).label(*first, "the first").help(help));
        }
        if keys.is_empty() && !table.temporary {
            let message = format!("Table {} has no primary key.", quote_name(&table.name.text));
            self.add(codes::KEYLESS.at(table.name.span, message).help("Say which columns tell its rows apart."));
        }
    }

    /// SQLite wants a column that is not computed, and keys of such columns.
    fn computed_columns(&mut self, table: &CreateTable) {
        let computed: Vec<&str> =
            table.columns.iter().filter(|c| is_computed(c)).map(|c| c.name.text.as_str()).collect();
        if !self.is_sqlite() {
            return;
        }
        if computed.len() == table.columns.len() {
            self.add(codes::MISFIT.at(table.name.span, "A table has at least one column that is not computed."));
        }
        let key = primary_key(table);
        if let Some(name) = key.iter().find(|name| computed.iter().any(|column| same(column, name))) {
            let message = format!("{} is computed, and no part of a primary key can be.", quote_name(name));
            self.add(codes::MISFIT.at(table.name.span, message));
        }
    }

    /// WITHOUT ROWID needs a key, STRICT one of few types.
    fn options(&mut self, table: &CreateTable) {
        let options = if self.is_sqlite() { table.options.to_ascii_uppercase() } else { String::new() };
        let has = |word: &str| options.contains(word);
        if has("ROWID") && primary_key(table).is_empty() {
            self.add(codes::MISFIT.at(table.name.span, "A table WITHOUT ROWID has a primary key."));
        }
        if !has("STRICT") {
            return;
        }
        for column in &table.columns {
            let declared = column.declared();
            if !STRICT_TYPES.iter().any(|ty| same(ty, declared)) {
                let span = column.ty.as_ref().map_or(column.name.span, |ty| ty.span);
                let message = format!(
                    "A STRICT table has no type {}.",
                    if declared.is_empty() { "of nothing" } else { declared }
                );
                self.add(codes::MISFIT.at(span, message).help("INT, INTEGER, REAL, TEXT, BLOB and ANY are its types."));
            }
        }
    }
}
