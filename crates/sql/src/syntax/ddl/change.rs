//! ALTER TABLE and DROP.

use super::Reader;
use super::ast::{AlterTable, Change, Drop, ObjectKind, StatementKind};
use crate::dialect::Dialect::{MySql, Postgres};
use crate::syntax::ast::Name;
use crate::syntax::parser::Parse;
use crate::syntax::token::TokenKind;

impl Reader<'_> {
    /// What follows ALTER.
    pub(super) fn alter(&mut self) -> Parse<StatementKind> {
        if !self.parser.cursor.eat_word("TABLE") {
            let token = self.parser.cursor.peek();
            let word = self.parser.cursor.raw(token).to_uppercase();
            let is_word = token.kind == TokenKind::Word;
            return if is_word {
                self.defines_nothing(&format!("ALTER {word}"))
            } else {
                self.parser.unexpected("TABLE")
            };
        }
        let start = self.parser.cursor.peek().span;
        let if_exists = self.parser.cursor.eat_words(&["IF", "EXISTS"]);
        if if_exists {
            self.only(self.parser.span_from(start), "IF EXISTS of ALTER TABLE", &[Postgres]);
        }
        if self.parser.cursor.eat_word("ONLY") {
            self.only(self.parser.cursor.previous().span, "ONLY", &[Postgres]);
        }
        let table = self.object_name("the name of a table")?;
        let mut changes = vec![self.change()?];
        while self.parser.cursor.eat_symbol(",") {
            self.only(self.parser.cursor.previous().span, "more than one change in an ALTER TABLE", &[Postgres, MySql]);
            changes.push(self.change()?);
        }
        Ok(StatementKind::AlterTable(AlterTable { if_exists, table, changes }))
    }

    fn change(&mut self) -> Parse<Change> {
        let start = self.parser.cursor.peek().span;
        if self.parser.cursor.eat_word("ADD") {
            self.add()
        } else if self.parser.cursor.eat_word("DROP") {
            self.drop_part()
        } else if self.parser.cursor.eat_word("RENAME") {
            self.rename()
        } else if self.parser.cursor.eat_word("ALTER") {
            self.parser.cursor.eat_word("COLUMN");
            let column = self.parser.name("a column name")?;
            self.alter_column(column)
        } else if self.parser.cursor.eat_word("MODIFY") {
            self.only(start, "MODIFY", &[MySql]);
            self.parser.cursor.eat_word("COLUMN");
            Ok(Change::Redefine(self.column_definition()?))
        } else {
            self.parser.unexpected("ADD, DROP, RENAME or ALTER")
        }
    }

    fn add(&mut self) -> Parse<Change> {
        if self.is_table_constraint() {
            return Ok(Change::AddConstraint(self.table_constraint()?));
        }
        self.parser.cursor.eat_word("COLUMN");
        let start = self.parser.cursor.peek().span;
        let if_not_exists = self.if_not_exists();
        if if_not_exists {
            self.only(self.parser.span_from(start), "IF NOT EXISTS of a column", &[Postgres]);
        }
        Ok(Change::AddColumn { column: self.column_definition()?, if_not_exists })
    }

    fn drop_part(&mut self) -> Parse<Change> {
        if self.parser.cursor.eat_word("CONSTRAINT") {
            let name = self.parser.name("the name of a constraint")?;
            return Ok(Change::DropConstraint { name, cascade: self.cascade() });
        }
        self.parser.cursor.eat_word("COLUMN");
        let start = self.parser.cursor.peek().span;
        let if_exists = self.parser.cursor.eat_words(&["IF", "EXISTS"]);
        if if_exists {
            self.only(self.parser.span_from(start), "IF EXISTS of a column", &[Postgres]);
        }
        let column = self.parser.name("a column name")?;
        Ok(Change::DropColumn { column, if_exists, cascade: self.cascade() })
    }

    fn rename(&mut self) -> Parse<Change> {
        if self.parser.cursor.eat_word("TO") {
            return Ok(Change::RenameTo(self.parser.name("a new name")?));
        }
        self.parser.cursor.eat_word("COLUMN");
        let from = self.parser.name("a column name")?;
        self.parser.word("TO")?;
        Ok(Change::RenameColumn { from, to: self.parser.name("a new name")? })
    }

    /// What follows `ALTER COLUMN c`.
    fn alter_column(&mut self, column: Name) -> Parse<Change> {
        let start = self.parser.cursor.peek().span;
        let cursor = &mut self.parser.cursor;
        if cursor.eat_words(&["SET", "NOT", "NULL"]) {
            return Ok(Change::SetNotNull(column));
        }
        if cursor.eat_words(&["DROP", "NOT", "NULL"]) {
            return Ok(Change::DropNotNull(column));
        }
        if cursor.eat_words(&["SET", "DEFAULT"]) {
            self.only(self.parser.span_from(start), "SET DEFAULT", &[Postgres, MySql]);
            return Ok(Change::SetDefault(column, self.default_value()?));
        }
        if cursor.eat_words(&["DROP", "DEFAULT"]) {
            self.only(self.parser.span_from(start), "DROP DEFAULT", &[Postgres, MySql]);
            return Ok(Change::DropDefault(column));
        }
        cursor.eat_words(&["SET", "DATA"]);
        if !cursor.eat_word("TYPE") {
            return self.parser.unexpected("TYPE, SET or DROP");
        }
        self.only(self.parser.span_from(start), "ALTER COLUMN … TYPE", &[Postgres]);
        let Some(ty) = self.column_type()? else { return self.parser.unexpected("a type") };
        let rest = self.text_of(|reader| {
            if reader.parser.cursor.eat_word("USING") {
                reader.parser.expr()?;
            }
            Ok(())
        })?;
        Ok(Change::SetType { column, ty, rest })
    }

    /// Whether CASCADE stands here; RESTRICT, which is what happens anyway, is passed over.
    fn cascade(&mut self) -> bool {
        let start = self.parser.cursor.peek().span;
        let cascade = self.parser.cursor.eat_word("CASCADE");
        if cascade || self.parser.cursor.eat_word("RESTRICT") {
            self.only(start, if cascade { "CASCADE" } else { "RESTRICT" }, &[Postgres, MySql]);
        }
        cascade
    }

    /// What follows DROP.
    pub(super) fn drop(&mut self) -> Parse<StatementKind> {
        let materialized = self.parser.cursor.eat_word("MATERIALIZED");
        if materialized {
            self.only(self.parser.cursor.previous().span, "a materialized view", &[Postgres]);
        }
        let kinds = [ObjectKind::Table, ObjectKind::View, ObjectKind::Index, ObjectKind::Trigger];
        let Some(object) = kinds.into_iter().find(|kind| self.parser.cursor.is_word(kind.word())) else {
            let token = self.parser.cursor.peek();
            let word = self.parser.cursor.raw(token).to_uppercase();
            let is_word = token.kind == TokenKind::Word;
            return if is_word {
                self.defines_nothing(&format!("DROP {word}"))
            } else {
                self.parser.unexpected("TABLE, VIEW, INDEX or TRIGGER")
            };
        };
        self.parser.cursor.advance();
        let concurrently = self.concurrently();
        let if_exists = self.parser.cursor.eat_words(&["IF", "EXISTS"]);
        let names = self.dropped_names(object)?;
        let on = if self.parser.cursor.eat_word("ON") {
            self.only(self.parser.cursor.previous().span, "the table after DROP", &[Postgres, MySql]);
            Some(self.object_name("the name of a table")?)
        } else {
            None
        };
        Ok(StatementKind::Drop(Drop {
            object,
            materialized,
            concurrently,
            if_exists,
            names,
            on,
            cascade: self.cascade(),
        }))
    }

    fn dropped_names(&mut self, object: ObjectKind) -> Parse<Vec<Name>> {
        let what = format!("the name of {} {}", if object == ObjectKind::Index { "an" } else { "a" }, object.noun());
        let mut names = vec![self.object_name(&what)?];
        while self.parser.cursor.eat_symbol(",") {
            self.only(self.parser.cursor.previous().span, "several names after DROP", &[Postgres, MySql]);
            names.push(self.object_name(&what)?);
        }
        Ok(names)
    }
}
