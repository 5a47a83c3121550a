//! One column of CREATE TABLE or ADD COLUMN.

use super::super::codes;
use super::super::definitions::{is_computed, same};
use super::Check;
use crate::syntax::ddl::ast::{ColumnDefinition, ColumnRule, CreateTable};

impl Check<'_> {
    /// What holds wherever a column is defined.
    pub(super) fn column(&mut self, table: &CreateTable, column: &ColumnDefinition) {
        if let Some(default) = column.default().filter(|_| is_computed(column)) {
            self.add(codes::MISFIT.at(default.span, "A computed column has no default."));
        }
        for constraint in &column.constraints {
            match &constraint.kind {
                ColumnRule::PrimaryKey { autoincrement: true, rest } => {
                    let counts = same(column.declared(), "INTEGER") && !rest.to_ascii_uppercase().contains("DESC");
                    if !counts || table.options.to_ascii_uppercase().contains("ROWID") {
                        let message = "AUTOINCREMENT stands at an INTEGER PRIMARY KEY only.";
                        let help = "Leave it out: an INTEGER PRIMARY KEY counts by itself.";
                        self.add(codes::MISFIT.at(constraint.span, message).help(help));
                    }
                }
                ColumnRule::Check(check) => self.expression(check, &table.name.text, "a CHECK"),
                ColumnRule::Generated { value, .. } => {
                    self.expression(value, &table.name.text, "a computed column");
                    self.fixed_functions(value, "a computed column");
                }
                ColumnRule::References(reference) if reference.columns.len() > 1 => {
                    let message = "The foreign key of one column refers to one column.";
                    let help = "Write FOREIGN KEY (…) REFERENCES … as a constraint of the table.";
                    self.add(codes::MISFIT.at(constraint.span, message).help(help));
                }
                _ => {}
            }
        }
    }
}
