//! What a statement changes of the definitions. What it cannot change, it leaves as it is.

use super::definitions::{Definitions, column_of, same};
use crate::ddl::statement::query_columns;
use crate::dialect::Dialect;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{
    Change, ColumnConstraint, ColumnDefinition, ColumnRule, CreateTable, CreateView, Drop, ObjectKind, Piece,
    StatementKind, TableRule, Term,
};
use crate::syntax::token::{TokenKind, tokens, unquote};
use crate::tree::Span;

impl Definitions {
    /// After a statement.
    pub(super) fn apply(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::CreateTable(table) => self.add_table(table),
            StatementKind::CreateIndex(index) => {
                let taken = index.name.as_ref().is_some_and(|name| self.kind_of(&name.text).is_some());
                if !taken {
                    self.indexes.push(index.clone());
                }
            }
            StatementKind::CreateView(view) => self.add_view(view),
            StatementKind::CreateTrigger(trigger) => {
                if self.trigger(&trigger.name.text).is_none() {
                    self.triggers.push(trigger.clone());
                }
            }
            StatementKind::AlterTable(alter) => {
                let mut table = alter.table.text.clone();
                for change in &alter.changes {
                    self.change(&mut table, change);
                }
            }
            StatementKind::Drop(drop) => self.drop(drop),
        }
        self.refresh();
    }

    fn add_table(&mut self, table: &CreateTable) {
        if self.kind_of(&table.name.text).is_some() {
            return;
        }
        let mut table = CreateTable { if_not_exists: false, ..table.clone() };
        if let Some(query) = table.query.take() {
            let columns = query_columns(&query.text, &self.catalog).unwrap_or_default();
            table.columns = columns.iter().map(column_of).collect();
        }
        self.tables.push(table);
    }

    fn add_view(&mut self, view: &CreateView) {
        if view.replace {
            self.views.retain(|known| !same(&known.name.text, &view.name.text));
        }
        if self.kind_of(&view.name.text).is_none() {
            self.views.push(CreateView { if_not_exists: false, replace: false, ..view.clone() });
        }
    }

    fn drop(&mut self, drop: &Drop) {
        if matches!(drop.object, ObjectKind::Table | ObjectKind::View) {
            self.gone.extend(drop.names.iter().map(|name| name.text.clone()));
        }
        for name in drop.names.iter().map(|name| &name.text) {
            match drop.object {
                ObjectKind::Table => {
                    self.tables.retain(|table| !same(&table.name.text, name));
                    self.drop_of(name);
                }
                ObjectKind::View => {
                    self.views.retain(|view| !same(&view.name.text, name));
                    self.drop_of(name);
                }
                ObjectKind::Index => {
                    self.indexes.retain(|index| index.name.as_ref().is_none_or(|own| !same(&own.text, name)));
                }
                ObjectKind::Trigger => self.triggers.retain(|trigger| !same(&trigger.name.text, name)),
            }
        }
    }

    /// What goes with a table or view.
    fn drop_of(&mut self, name: &str) {
        self.indexes.retain(|index| !same(&index.table.text, name));
        self.triggers.retain(|trigger| !same(&trigger.table.text, name));
    }

    /// After one change of a table, which may give it another name.
    pub(super) fn change(&mut self, table: &mut String, change: &Change) {
        match change {
            Change::RenameTo(to) => {
                if self.kind_of(&to.text).is_none() {
                    self.rename_table(table, to);
                    table.clone_from(&to.text);
                }
            }
            Change::RenameColumn { from, to } => self.rename_column(table, &from.text, to),
            Change::DropColumn { column, .. } => self.drop_column(table, &column.text),
            kind => {
                if let Some(table) = self.table_mut(table) {
                    change_table(table, kind);
                }
            }
        }
    }

    fn drop_column(&mut self, table: &str, column: &str) {
        self.indexes.retain(|index| !same(&index.table.text, table) || !mentions(&index.terms, column));
        let Some(found) = self.table_mut(table) else { return };
        found.columns.retain(|known| !same(&known.name.text, column));
        found.constraints.retain(|constraint| match &constraint.kind {
            TableRule::PrimaryKey(terms, _) | TableRule::Unique(terms, _) | TableRule::Index(_, terms) => {
                !mentions(terms, column)
            }
            TableRule::ForeignKey(columns, _) => !columns.iter().any(|name| same(&name.text, column)),
            TableRule::Check(check) => !speaks_of(&check.text, column),
        });
    }

    fn rename_table(&mut self, from: &str, to: &Name) {
        let dialect = self.dialect;
        for table in &mut self.tables {
            each_reference(table, &mut |reference| rename(reference, from, to));
            rename(&mut table.name, from, to);
        }
        self.indexes.iter_mut().for_each(|index| rename(&mut index.table, from, to));
        for trigger in self.triggers.iter_mut().filter(|trigger| speaks_of(&trigger.text, from)) {
            rename(&mut trigger.table, from, to);
            trigger.text = replaced(&trigger.text, from, to, dialect);
        }
        self.views.iter_mut().for_each(|view| rename_in(&mut view.query, from, to, dialect));
    }

    fn rename_column(&mut self, table: &str, from: &str, to: &Name) {
        let dialect = self.dialect;
        for other in &mut self.tables {
            rename_referred(other, table, from, to);
        }
        if let Some(found) = self.table_mut(table) {
            rename_in_table(found, from, to, dialect);
        }
        for index in self.indexes.iter_mut().filter(|index| same(&index.table.text, table)) {
            rename_terms(&mut index.terms, from, to, dialect);
            index.filter.iter_mut().for_each(|filter| rename_in(filter, from, to, dialect));
        }
        for view in self.views.iter_mut().filter(|view| speaks_of(&view.query.text, table)) {
            rename_in(&mut view.query, from, to, dialect);
        }
    }
}

/// Changes that concern the table's own definition alone.
fn change_table(table: &mut CreateTable, change: &Change) {
    match change {
        Change::AddColumn { column, .. } => {
            if find(table, &column.name.text).is_none() {
                table.columns.push(column.clone());
            }
        }
        Change::AddConstraint(constraint) => table.constraints.push(constraint.clone()),
        Change::DropConstraint { name, .. } => {
            let is = |own: &Option<Name>| own.as_ref().is_some_and(|own| same(&own.text, &name.text));
            table.constraints.retain(|constraint| !is(&constraint.name));
            table.columns.iter_mut().for_each(|column| column.constraints.retain(|constraint| !is(&constraint.name)));
        }
        Change::Redefine(column) => {
            if let Some(known) = find(table, &column.name.text) {
                *known = column.clone();
            }
        }
        Change::SetType { column, ty, .. } => {
            if let Some(column) = find(table, &column.text) {
                column.ty = Some(ty.clone());
            }
        }
        Change::SetNotNull(column) => set(table, column, is_nullness, Some(ColumnRule::NotNull(String::new()))),
        Change::DropNotNull(column) => set(table, column, is_nullness, None),
        Change::SetDefault(column, value) => set(table, column, is_default, Some(ColumnRule::Default(value.clone()))),
        Change::DropDefault(column) => set(table, column, is_default, None),
        Change::DropColumn { .. } | Change::RenameTo(_) | Change::RenameColumn { .. } => {}
    }
}

fn is_nullness(rule: &ColumnRule) -> bool {
    matches!(rule, ColumnRule::NotNull(_) | ColumnRule::Null)
}

fn is_default(rule: &ColumnRule) -> bool {
    matches!(rule, ColumnRule::Default(_))
}

/// Puts a rule in place of those of its kind.
fn set(table: &mut CreateTable, column: &Name, kind: fn(&ColumnRule) -> bool, rule: Option<ColumnRule>) {
    let Some(column) = find(table, &column.text) else { return };
    column.constraints.retain(|constraint| !kind(&constraint.kind));
    let constraint = rule.map(|kind| ColumnConstraint { name: None, kind, span: Span::default() });
    column.constraints.extend(constraint);
}

fn find<'t>(table: &'t mut CreateTable, column: &str) -> Option<&'t mut ColumnDefinition> {
    table.columns.iter_mut().find(|known| same(&known.name.text, column))
}

/// Whether a term of an index or key speaks of a column.
pub(super) fn mentions(terms: &[Term], column: &str) -> bool {
    terms.iter().any(|term| speaks_of(&term.expr.text, column))
}

/// Whether a name stands in a text as a word, letter case ignored.
pub(super) fn speaks_of(text: &str, name: &str) -> bool {
    let is_name = |kind| matches!(kind, TokenKind::Word | TokenKind::Quoted(_));
    let raw = |span: Span| text.get(span.start as usize..span.end as usize).unwrap_or("");
    let found = tokens(text, Dialect::Sqlite).into_iter().filter(|token| is_name(token.kind));
    found.into_iter().any(|token| same(&unquote(raw(token.span), token.kind), name))
}

/// A text in which every name `from` is `to`.
fn replaced(text: &str, from: &str, to: &Name, dialect: Dialect) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for token in tokens(text, dialect) {
        let (start, stop) = (token.span.start as usize, token.span.end as usize);
        let raw = text.get(start..stop).unwrap_or("");
        out.push_str(text.get(end..start).unwrap_or(""));
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Quoted(_));
        match is_name && same(&unquote(raw, token.kind), from) {
            true => out.push_str(&super::print::name(to, dialect)),
            false => out.push_str(raw),
        }
        end = stop;
    }
    out
}

fn rename_in(piece: &mut Piece, from: &str, to: &Name, dialect: Dialect) {
    piece.text = replaced(&piece.text, from, to, dialect);
}

fn rename(name: &mut Name, from: &str, to: &Name) {
    if same(&name.text, from) {
        *name = to.clone();
    }
}

fn each_reference(table: &mut CreateTable, then: &mut impl FnMut(&mut Name)) {
    let rules = table.columns.iter_mut().flat_map(|column| &mut column.constraints);
    for constraint in rules {
        if let ColumnRule::References(reference) = &mut constraint.kind {
            then(&mut reference.table);
        }
    }
    for constraint in &mut table.constraints {
        if let TableRule::ForeignKey(_, reference) = &mut constraint.kind {
            then(&mut reference.table);
        }
    }
}

/// Renames a column where foreign keys refer to it.
fn rename_referred(table: &mut CreateTable, referred: &str, from: &str, to: &Name) {
    let of_columns =
        table.columns.iter_mut().flat_map(|column| &mut column.constraints).filter_map(|c| match &mut c.kind {
            ColumnRule::References(reference) => Some(reference),
            _ => None,
        });
    let of_table = table.constraints.iter_mut().filter_map(|c| match &mut c.kind {
        TableRule::ForeignKey(_, reference) => Some(reference),
        _ => None,
    });
    for reference in of_columns.chain(of_table).filter(|reference| same(&reference.table.text, referred)) {
        reference.columns.iter_mut().for_each(|column| rename(column, from, to));
    }
}

fn rename_in_table(table: &mut CreateTable, from: &str, to: &Name, dialect: Dialect) {
    for column in &mut table.columns {
        rename(&mut column.name, from, to);
        for constraint in &mut column.constraints {
            if let ColumnRule::Check(piece) | ColumnRule::Generated { value: piece, .. } = &mut constraint.kind {
                rename_in(piece, from, to, dialect);
            }
        }
    }
    for constraint in &mut table.constraints {
        match &mut constraint.kind {
            TableRule::Check(check) => rename_in(check, from, to, dialect),
            TableRule::ForeignKey(columns, _) => columns.iter_mut().for_each(|column| rename(column, from, to)),
            TableRule::PrimaryKey(terms, _) | TableRule::Unique(terms, _) | TableRule::Index(_, terms) => {
                rename_terms(terms, from, to, dialect);
            }
        }
    }
}

fn rename_terms(terms: &mut [Term], from: &str, to: &Name, dialect: Dialect) {
    for term in terms {
        rename_in(&mut term.expr, from, to, dialect);
        term.column.iter_mut().for_each(|column| rename(column, from, to));
    }
}
