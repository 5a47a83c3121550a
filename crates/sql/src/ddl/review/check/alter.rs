//! ALTER TABLE, change by change.

use super::super::codes;
use super::super::definitions::{Definitions, is_computed, same};
use super::super::depends;
use super::expression::{is_constant, is_null};
use super::{Check, REBUILD};
use crate::diagnostic::Severity;
use crate::dialect::{Dialect, quote_name};
use crate::resolve::parse;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{
    AlterTable, Change, ColumnDefinition, ColumnRule, CreateTable, ObjectKind, Piece, TableConstraint, TableRule,
};

impl Check<'_> {
    pub(super) fn alter_table(&mut self, alter: &AlterTable) {
        let what = "only tables are changed by ALTER TABLE";
        let Some(mut table) = self.known_table(&alter.table, what, alter.if_exists) else { return };
        let mut standing = self.before.clone();
        for change in &alter.changes {
            self.change(alter, &table, change);
            let mut name = table.name.text.clone();
            standing.change(&mut name, change);
            match standing.table(&name) {
                Some(changed) => table = changed.clone(),
                None => return,
            }
        }
    }

    fn change(&mut self, alter: &AlterTable, table: &CreateTable, change: &Change) {
        match change {
            Change::AddColumn { column, if_not_exists } => self.add_column(table, column, *if_not_exists),
            Change::AddConstraint(constraint) => self.add_constraint(table, constraint),
            Change::DropColumn { column, if_exists, cascade } => self.drop_column(table, column, *if_exists, *cascade),
            Change::DropConstraint { name, .. } => self.drop_constraint(table, name),
            Change::RenameTo(to) => {
                self.no_broken_view(&alter.table);
                self.free_name(to, ObjectKind::Table, false);
                self.views_of_mysql(&table.name.text, None, to);
            }
            Change::RenameColumn { from, to } => self.rename_column(table, from, to),
            Change::SetType { column, ty, .. } => self.set_type(table, column, ty),
            Change::SetNotNull(column) => self.set_not_null(table, column),
            Change::DropNotNull(column) | Change::SetDefault(column, _) | Change::DropDefault(column) => {
                self.known_column(table, column);
            }
            Change::Redefine(column) => {
                let ty = column.ty.clone();
                ty.iter().for_each(|ty| self.set_type(table, &column.name, ty));
            }
        }
    }

    fn add_column(&mut self, table: &CreateTable, column: &ColumnDefinition, if_not_exists: bool) {
        if table.columns.iter().any(|known| same(&known.name.text, &column.name.text)) {
            let (name, of) = (quote_name(&column.name.text), quote_name(&table.name.text));
            let message = format!("{of} has a column {name} already.");
            let rule = if if_not_exists { codes::NO_CHANGE } else { codes::COLUMN_TWICE };
            return self.add(rule.at(column.name.span, message));
        }
        self.must_be_quoted(&column.name);
        self.column(table, column);
        if self.is_sqlite() {
            self.key_added(table, column);
        }
        self.unfilled(column);
        for constraint in &column.constraints {
            match &constraint.kind {
                ColumnRule::References(reference) => {
                    let own = CreateTable { columns: vec![column.clone()], ..table.clone() };
                    self.foreign_key(&own, &[&column.name], reference);
                }
                ColumnRule::Check(_) => {
                    let message = "Rows to which the default does not fit stand against it.";
                    self.add(codes::ROWS.at(constraint.span, message));
                }
                _ => {}
            }
        }
    }

    fn key_added(&mut self, table: &CreateTable, column: &ColumnDefinition) {
        for constraint in &column.constraints {
            let name = quote_name(&column.name.text);
            let (message, help) = match &constraint.kind {
                ColumnRule::PrimaryKey { .. } => ("SQLite adds no column that is a primary key.", REBUILD.to_owned()),
                ColumnRule::Unique(_) => {
                    let of = quote_name(&table.name.text);
                    let help = format!("Add the column without UNIQUE, then CREATE UNIQUE INDEX … ON {of} ({name}).");
                    ("SQLite adds no column that is UNIQUE.", help)
                }
                _ => continue,
            };
            self.add(codes::KEY_ADDED.at(constraint.span, message).help(help));
        }
    }

    /// What the rows that are there would hold in a new column.
    fn unfilled(&mut self, column: &ColumnDefinition) {
        let name = quote_name(&column.name.text);
        let stored =
            column.find(|rule| if let ColumnRule::Generated { stored, .. } = rule { Some(*stored) } else { None });
        let default = column.default().filter(|value| !is_null(&value.text));
        let refers = column.find(|rule| matches!(rule, ColumnRule::References(_)).then_some(())).is_some();
        let (message, help) = match (&default, stored) {
            (_, Some(true)) if self.is_sqlite() => (
                format!("SQLite adds no STORED column: {name} has no values for the rows there are."),
                "Leave STORED out.",
            ),
            (_, Some(_)) => return,
            (None, None) if column.is_not_null() && self.dialect != Dialect::MySql => (
                format!("{name} is NOT NULL and has no default: the rows there are would hold nothing."),
                "Give it a DEFAULT, or leave NOT NULL out.",
            ),
            (Some(default), None) if self.is_sqlite() && !is_constant(&default.text) => (
                format!("The default of {name} is no constant: SQLite cannot give it to the rows there are."),
                "Give it a constant default, and set the values with UPDATE.",
            ),
            (Some(_), None) if self.is_sqlite() && refers => (
                format!(
                    "{name} refers to another table and has a default, which SQLite refuses where keys are enforced."
                ),
                "Leave the default out, and set the values with UPDATE.",
            ),
            _ => return,
        };
        self.add(codes::UNFILLED.at(column.span, message).help(help));
    }

    fn add_constraint(&mut self, table: &CreateTable, constraint: &TableConstraint) {
        let is_check = matches!(constraint.kind, TableRule::Check(_));
        if self.is_sqlite() && !is_check {
            let message = "SQLite adds no key to a table that is there.";
            let help = match &constraint.kind {
                TableRule::Unique(..) => "Create a unique index.",
                _ => REBUILD,
            };
            return self.add(codes::DIALECT.at(constraint.span, message).help(help));
        }
        self.table_constraint(table, constraint);
        if let TableRule::ForeignKey(columns, reference) = &constraint.kind {
            let columns: Vec<&Name> = columns.iter().collect();
            self.foreign_key(table, &columns, reference);
        }
        let message = "Rows that do not fit stand against it.";
        let finding = codes::ROWS.at(constraint.span, message);
        self.add(self.since(finding));
    }

    /// Forms that SQLite has had for a short time only.
    fn since(&self, finding: crate::diagnostic::Diagnostic) -> crate::diagnostic::Diagnostic {
        if self.is_sqlite() { finding.note("SQLite has this form since version 3.53.") } else { finding }
    }

    fn set_not_null(&mut self, table: &CreateTable, column: &Name) {
        if self.known_column(table, column) {
            let (name, of) = (quote_name(&column.text), quote_name(&table.name.text));
            let finding = codes::ROWS.at(column.span, format!("Rows without {name} stand against it."));
            let finding = finding.help(format!("SELECT COUNT(*) FROM {of} WHERE {name} IS NULL counts them."));
            self.add(self.since(finding));
        }
    }

    fn drop_constraint(&mut self, table: &CreateTable, name: &Name) {
        let is = |own: &Option<Name>| own.as_ref().is_some_and(|own| same(&own.text, &name.text));
        let of_table = table.constraints.iter().find(|constraint| is(&constraint.name));
        let of_column =
            table.columns.iter().flat_map(|column| &column.constraints).find(|constraint| is(&constraint.name));
        let free = match (of_table, of_column) {
            (Some(constraint), _) => matches!(constraint.kind, TableRule::Check(_)),
            (None, Some(constraint)) => matches!(constraint.kind, ColumnRule::Check(_) | ColumnRule::NotNull(_)),
            (None, None) => {
                let (name_text, of) = (quote_name(&name.text), quote_name(&table.name.text));
                let message = format!("{of} has no constraint {name_text}.");
                return self.add(codes::UNKNOWN_OBJECT.at(name.span, message));
            }
        };
        if self.is_sqlite() && !free {
            let message = "SQLite drops CHECK and NOT NULL alone.";
            self.add(codes::NEEDED.at(name.span, message).help(REBUILD));
        }
    }

    fn rename_column(&mut self, table: &CreateTable, from: &Name, to: &Name) {
        self.no_broken_view(from);
        if !self.known_column(table, from) {
            return;
        }
        self.must_be_quoted(to);
        if table.columns.iter().any(|known| same(&known.name.text, &to.text)) {
            let message = format!("{} has a column {} already.", quote_name(&table.name.text), quote_name(&to.text));
            self.add(codes::COLUMN_TWICE.at(to.span, message));
        }
        self.views_of_mysql(&table.name.text, Some(&from.text), to);
    }

    /// MySQL's views keep the old name; the other engines' follow.
    fn views_of_mysql(&mut self, table: &str, column: Option<&str>, at: &Name) {
        if self.dialect != Dialect::MySql {
            return;
        }
        let reads = |text: &str| {
            let speaks_of = super::super::apply::speaks_of;
            speaks_of(text, table) && column.is_none_or(|column| speaks_of(text, column))
        };
        let views = self.before.views.iter().filter(|view| reads(&view.query.text));
        let findings: Vec<_> = views
            .map(|view| {
                let message =
                    format!("View {} keeps the old name and cannot be read any more.", quote_name(&view.name.text));
                codes::DEPENDS.at(at.span, message).help("Create it anew.")
            })
            .collect();
        self.found.extend(findings);
    }

    fn set_type(&mut self, table: &CreateTable, column: &Name, ty: &Piece) {
        if !self.known_column(table, column) {
            return;
        }
        let known = table.columns.iter().find(|known| same(&known.name.text, &column.text));
        let old = known.map_or("", ColumnDefinition::declared);
        if !old.is_empty() && narrows(old, &ty.text) {
            let message = format!("{} is {old} and may hold what {} cannot.", quote_name(&column.text), ty.text);
            self.add(codes::NARROWED.at(ty.span, message).help("Look for the values that do not fit first."));
        }
    }

    fn drop_column(&mut self, table: &CreateTable, column: &Name, if_exists: bool, cascade: bool) {
        if if_exists && !table.columns.iter().any(|known| same(&known.name.text, &column.text)) {
            let message = format!(
                "{} has no column {}, so that nothing would change.",
                quote_name(&table.name.text),
                quote_name(&column.text)
            );
            return self.add(codes::NO_CHANGE.at(column.span, message));
        }
        self.no_broken_view(column);
        if !self.known_column(table, column) {
            return;
        }
        let name = quote_name(&column.text);
        let mut others = table.columns.iter().filter(|known| !same(&known.name.text, &column.text));
        if others.all(|known| self.is_sqlite() && is_computed(known)) {
            let message = format!("{name} is the only column of {} that holds values.", quote_name(&table.name.text));
            return self.add(codes::LAST_COLUMN.at(column.span, message).help("Drop the table."));
        }
        for reason in self.needed(table, column) {
            let mut finding = codes::NEEDED.at(column.span, format!("{name} cannot be dropped: {reason}."));
            if !self.is_sqlite() && (cascade || self.dialect == Dialect::MySql) {
                finding.severity = Severity::Warning;
            }
            self.add(finding.help("Drop or change that first."));
        }
        for reason in depends::referring(&table.name.text, Some(&column.text), self.before) {
            let finding = codes::DEPENDS.at(column.span, format!("{name} is needed: {reason}."));
            if cascade { self.add(finding) } else { self.stricter(finding) }
        }
        for trigger in self.before.triggers.iter().filter(|trigger| speaks_of_column(&trigger.text, table, column)) {
            let message = format!("Trigger {} may speak of {name}.", quote_name(&trigger.name.text));
            let help = "What triggers do is not looked into: if it does, the engine refuses, or the trigger fails.";
            self.found.push(codes::DEPENDS.at(column.span, message).help(help));
        }
        self.add(codes::LOSS.at(column.span, format!("All values of {name} are lost.")).help("Keep a copy first."));
    }

    /// Why the engine keeps a column. PostgreSQL drops a table's own keys and indexes with their column.
    fn needed(&self, table: &CreateTable, column: &Name) -> Vec<String> {
        let mut reasons = vec![];
        if self.is_sqlite() {
            let definition = table.columns.iter().find(|known| same(&known.name.text, &column.text));
            let rules = definition.into_iter().flat_map(|definition| &definition.constraints);
            reasons.extend(rules.filter_map(|constraint| match constraint.kind {
                ColumnRule::PrimaryKey { .. } => Some("it is the primary key".to_owned()),
                ColumnRule::Unique(_) => Some("it is UNIQUE".to_owned()),
                _ => None,
            }));
            reasons.extend(depends::own_parts(&table.name.text, &column.text, self.before));
        }
        let mut after: Definitions = self.before.clone();
        let change = Change::DropColumn { column: column.clone(), if_exists: false, cascade: false };
        after.change(&mut table.name.text.clone(), &change);
        after.refresh();
        let reads =
            |text: &str, definitions: &Definitions| parse(text, definitions.catalog(), self.dialect).ok().is_some();
        let broken = self
            .before
            .views
            .iter()
            .filter(|view| reads(&view.query.text, self.before) && !reads(&view.query.text, &after));
        reasons.extend(broken.map(|view| format!("view {} reads it", quote_name(&view.name.text))));
        reasons
    }
}

fn speaks_of_column(text: &str, table: &CreateTable, column: &Name) -> bool {
    let speaks_of = super::super::apply::speaks_of;
    speaks_of(text, &table.name.text) && speaks_of(text, &column.text)
}

/// Whether values of one declared type may not fit another.
fn narrows(old: &str, new: &str) -> bool {
    use schema::Type::{Blob, Integer, Real, Text, Unknown};
    let (from, to) = (crate::ddl::type_of_declared(old), crate::ddl::type_of_declared(new));
    if from == to {
        return match (sizes(old).as_slice(), sizes(new).as_slice()) {
            (_, []) => false,
            ([], _) => true,
            (old, new) => old.iter().zip(new).any(|(old, new)| new < old),
        };
    }
    let wider = matches!((from, to), (Integer, Real) | (_, Text | Blob | Unknown));
    !wider || !sizes(new).is_empty() && to == Text
}

/// The numbers in the brackets of a type.
fn sizes(declared: &str) -> Vec<u32> {
    let inner = declared.split_once('(').map_or("", |(_, rest)| rest);
    inner.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}
