//! Names: taken, unknown, or such that they must always be quoted.

use super::super::codes;
use super::super::definitions::same;
use super::Check;
use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::{Dialect, needs_quotes, quote_name};
use crate::resolve::nearest;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{CreateTable, ObjectKind};

impl Check<'_> {
    /// Whether a new table, view or index may have its name; says so where not.
    pub(super) fn free_name(&mut self, name: &Name, kind: ObjectKind, if_not_exists: bool) -> bool {
        self.must_be_quoted(name);
        let known = self.before.kind_of(&name.text);
        let shown = quote_name(&name.text);
        if self.is_sqlite() && name.text.get(..7).is_some_and(|start| same(start, "sqlite_")) {
            let message = format!("{shown}: names that begin with sqlite_ are SQLite's own.");
            self.add(codes::TAKEN.at(name.span, message).help("Choose another name."));
            return false;
        }
        let Some(known) = known else { return true };
        let (a, noun) = article(known);
        // An index and a table of one name are never taken for each other.
        let one_shelf = (kind == ObjectKind::Index) == (known == ObjectKind::Index);
        if if_not_exists && one_shelf {
            let message = format!("There is {a} {noun} {shown} already, so that nothing would change.");
            self.add(codes::NO_CHANGE.at(name.span, message));
        } else {
            let message = format!("There is {a} {noun} {shown} already.");
            self.add(
                codes::TAKEN.at(name.span, message).help("Choose another name, or change what is there with ALTER."),
            );
        }
        false
    }

    /// A name that is a keyword or holds other characters than letters, digits and underscores.
    pub(super) fn must_be_quoted(&mut self, name: &Name) {
        if !needs_quotes(&name.text) {
            return;
        }
        let message = format!("{} must be quoted wherever it is used.", quote_name(&name.text));
        let help = "Names of letters, digits and underscores that are no keywords need no quotes.";
        self.add(codes::QUOTED.at(name.span, message).help(help));
    }

    /// A name of nothing; `if_exists` makes that a remark.
    pub(super) fn unknown(&mut self, name: &Name, kind: ObjectKind, if_exists: bool) {
        let shown = quote_name(&name.text);
        let message = format!("There is no {} {shown}.", kind.noun());
        if if_exists {
            let message = format!("There is no {} {shown}, so that nothing would change.", kind.noun());
            return self.add(codes::NO_CHANGE.at(name.span, message));
        }
        let known = self.before.names(kind);
        let finding = codes::UNKNOWN_OBJECT.at(name.span, message);
        let finding = with_nearest(finding, name, known.into_iter());
        self.add(finding);
    }

    /// The table with this name; says so where there is none, or where it is a view.
    pub(super) fn known_table(&mut self, name: &Name, what: &str, if_exists: bool) -> Option<CreateTable> {
        if let Some(table) = self.before.table(&name.text) {
            return Some(table.clone());
        }
        if self.before.view(&name.text).is_some() {
            let message = format!("{} is a view: {what}.", quote_name(&name.text));
            self.add(codes::OTHER_KIND.at(name.span, message));
        } else {
            self.unknown(name, ObjectKind::Table, if_exists);
        }
        None
    }

    /// Whether a table has a column; says so where not.
    pub(super) fn known_column(&mut self, table: &CreateTable, column: &Name) -> bool {
        let found = table.columns.iter().any(|known| same(&known.name.text, &column.text));
        if !found {
            let (column_name, table_name) = (quote_name(&column.text), quote_name(&table.name.text));
            let message = format!("There is no column {column_name} in {table_name}.");
            let names = table.columns.iter().map(|known| known.name.text.as_str());
            let finding = with_nearest(codes::UNKNOWN_COLUMN.at(column.span, message), column, names);
            self.add(finding);
        }
        found
    }

    /// Views that cannot be read any more stand against further changes: SQLite looks at all of them.
    pub(super) fn no_broken_view(&mut self, at: &Name) {
        let broken = self.before.broken_views().next().map(|view| quote_name(&view.name.text));
        if let Some(view) = broken.filter(|_| self.dialect == Dialect::Sqlite) {
            let message = format!("View {view} cannot be read, and SQLite changes no table while that is so.");
            let mut finding = codes::DEPENDS.at(at.span, message).help(format!("Drop view {view} first."));
            finding.severity = Severity::Error;
            self.add(finding);
        }
        let trigger = self.before.broken_triggers().next().map(|trigger| quote_name(&trigger.name.text));
        if let Some(trigger) = trigger.filter(|_| self.dialect == Dialect::Sqlite) {
            let message =
                format!("Trigger {trigger} may speak of what is gone, and SQLite would change no table then.");
            self.add(codes::DEPENDS.at(at.span, message).help(format!("Drop trigger {trigger} first.")));
        }
    }
}

/// "a table", "an index".
pub(super) fn article(kind: ObjectKind) -> (&'static str, &'static str) {
    (if kind == ObjectKind::Index { "an" } else { "a" }, kind.noun())
}

/// The finding with the name most like the one given.
pub(super) fn with_nearest<'n>(finding: Diagnostic, name: &Name, known: impl Iterator<Item = &'n str>) -> Diagnostic {
    match nearest(&name.text, known).map(quote_name) {
        Some(near) => {
            let help = format!("Did you mean {near}?");
            finding.help(help).fix(format!("Use {near}"), name.span, near, false)
        }
        None => finding,
    }
}
