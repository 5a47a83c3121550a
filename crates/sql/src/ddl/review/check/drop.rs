//! DROP TABLE, VIEW, INDEX and TRIGGER.

use super::super::codes;
use super::super::definitions::{columns_of, references, same};
use super::super::depends;
use super::Check;
use super::names::article;
use crate::diagnostic::Severity;
use crate::dialect::{Dialect, quote_name};
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{CreateIndex, Drop, ObjectKind};

impl Check<'_> {
    pub(super) fn drop(&mut self, drop: &Drop) {
        for name in &drop.names {
            if drop.object == ObjectKind::Trigger {
                if self.before.trigger(&name.text).is_none() {
                    self.unknown(name, ObjectKind::Trigger, drop.if_exists);
                }
                continue;
            }
            match self.before.kind_of(&name.text) {
                Some(kind) if kind == drop.object => self.dropped(drop, name),
                Some(kind) if kind != ObjectKind::Index && drop.object != ObjectKind::Index => {
                    self.other_kind(name, kind)
                }
                _ => self.unknown(name, drop.object, drop.if_exists),
            }
        }
    }

    fn other_kind(&mut self, name: &Name, kind: ObjectKind) {
        let (a, noun) = article(kind);
        let message = format!("{} is {a} {noun}.", quote_name(&name.text));
        self.add(codes::OTHER_KIND.at(name.span, message).help(format!("Write DROP {}.", kind.word())));
    }

    fn dropped(&mut self, drop: &Drop, name: &Name) {
        match drop.object {
            ObjectKind::Table => {
                let message = format!("All rows of {} are lost.", quote_name(&name.text));
                self.add(
                    codes::LOSS.at(name.span, message).help("Keep a copy of the database, or of the table, first."),
                );
                self.left_behind(drop, name);
            }
            ObjectKind::View => self.left_behind(drop, name),
            ObjectKind::Index => {
                let index = self.before.index(&name.text).cloned();
                index.iter().for_each(|index| self.index_gone(index, name));
            }
            ObjectKind::Trigger => {}
        }
    }

    /// Foreign keys and views that lead to what is gone.
    fn left_behind(&mut self, drop: &Drop, name: &Name) {
        let table = &name.text;
        let mut readers = depends::referring(table, None, self.before);
        let gone = |other: &str| drop.names.iter().any(|dropped| same(&dropped.text, other));
        let views = self.before.views.iter().filter(|view| !gone(&view.name.text));
        let reading = views.filter(|view| super::super::apply::speaks_of(&view.query.text, table));
        readers.extend(reading.map(|view| format!("view {} reads it", quote_name(&view.name.text))));
        for reader in readers {
            let message = format!("{} is needed: {reader}.", quote_name(table));
            let mut finding = codes::DEPENDS.at(name.span, message);
            if self.dialect == Dialect::Postgres && !drop.cascade {
                finding.severity = Severity::Error;
            }
            self.add(finding.help("Drop or change what depends on it first."));
        }
    }

    /// A unique index that a foreign key leads to.
    fn index_gone(&mut self, index: &CreateIndex, name: &Name) {
        let columns = columns_of(&index.terms);
        let needs = |table: &&crate::syntax::ddl::ast::CreateTable| {
            references(table).into_iter().any(|(_, reference)| {
                let to = &reference.columns;
                same(&reference.table.text, &index.table.text)
                    && to.len() == columns.len()
                    && to.iter().all(|column| columns.iter().any(|own| same(own, &column.text)))
            })
        };
        if let Some(table) = self.before.tables.iter().find(needs).filter(|_| index.unique) {
            let message = format!("The foreign key of {} needs this index.", quote_name(&table.name.text));
            self.add(codes::DEPENDS.at(name.span, message));
        }
    }
}
