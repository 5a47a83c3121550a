//! What stands between the brackets of CREATE TABLE: columns, keys and checks.

use super::Reader;
use super::ast::{
    ColumnConstraint, ColumnDefinition, ColumnRule, CreateTable, Piece, Reference, TableConstraint, TableRule,
};
use crate::dialect::Dialect::{MySql, Postgres, Sqlite};
use crate::syntax::parser::Parse;
use crate::syntax::token::TokenKind;

/// Words that end a column's type.
const AFTER_TYPE: [&str; 17] = [
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "COMMENT",
    "ON",
    "FIRST",
    "AFTER",
];

impl Reader<'_> {
    /// Columns, then constraints of the table.
    pub(super) fn definitions(&mut self, table: &mut CreateTable) -> Parse<()> {
        loop {
            if self.is_table_constraint() {
                table.constraints.push(self.table_constraint()?);
            } else if table.constraints.is_empty() || self.parser.dialect != Sqlite {
                table.columns.push(self.column_definition()?);
            } else {
                return self.parser.unexpected("a constraint of the table: columns come first");
            }
            if !self.parser.cursor.eat_symbol(",") {
                return Ok(());
            }
        }
    }

    pub(super) fn is_table_constraint(&self) -> bool {
        let plain_key = self.parser.dialect == MySql
            && self.parser.cursor.is_any(&["KEY", "INDEX"])
            && (self.parser.cursor.is_symbol_at(1, "(") || self.parser.cursor.is_symbol_at(2, "("));
        plain_key || self.parser.cursor.is_any(&["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"])
    }

    pub(super) fn table_constraint(&mut self) -> Parse<TableConstraint> {
        let start = self.parser.cursor.peek().span;
        let named = self.parser.cursor.eat_word("CONSTRAINT");
        let name = if named { Some(self.parser.name("the name of a constraint")?) } else { None };
        let kind = self.table_rule()?;
        Ok(TableConstraint { name, kind, span: self.parser.span_from(start) })
    }

    fn table_rule(&mut self) -> Parse<TableRule> {
        if self.parser.cursor.eat_words(&["PRIMARY", "KEY"]) {
            let terms = self.terms()?;
            return Ok(TableRule::PrimaryKey(terms, self.conflict()?));
        }
        if self.parser.cursor.eat_word("UNIQUE") {
            if self.parser.cursor.eat_word("KEY") || self.parser.cursor.eat_word("INDEX") {
                self.only(self.parser.cursor.previous().span, "UNIQUE KEY", &[MySql]);
            }
            if !self.parser.cursor.is_symbol("(") && self.parser.dialect == MySql {
                self.parser.name("the name of a key")?;
            }
            let terms = self.terms()?;
            return Ok(TableRule::Unique(terms, self.conflict()?));
        }
        if self.parser.cursor.eat_words(&["FOREIGN", "KEY"]) {
            let columns = self.names()?;
            self.parser.word("REFERENCES")?;
            return Ok(TableRule::ForeignKey(columns, self.reference()?));
        }
        if self.parser.cursor.eat_word("CHECK") {
            let check = self.bracketed()?;
            self.conflict()?;
            return Ok(TableRule::Check(check));
        }
        if self.parser.cursor.is_any(&["KEY", "INDEX"]) {
            self.parser.cursor.advance();
            let named = !self.parser.cursor.is_symbol("(");
            let name = if named { Some(self.parser.name("the name of a key")?) } else { None };
            return Ok(TableRule::Index(name, self.terms()?));
        }
        self.parser.unexpected("PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK")
    }

    /// `ON CONFLICT …`, if it stands here.
    fn conflict(&mut self) -> Parse<String> {
        self.text_of(|reader| {
            if reader.parser.cursor.is_word("ON") && reader.parser.cursor.is_word_at(1, "CONFLICT") {
                reader.only(reader.parser.cursor.peek().span, "ON CONFLICT of a constraint", &[Sqlite]);
                reader.parser.cursor.advance();
                reader.parser.cursor.advance();
                if !reader.parser.cursor.is_any(&["ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"]) {
                    return reader.parser.unexpected("what to do on a conflict");
                }
                reader.parser.cursor.advance();
            }
            Ok(())
        })
    }

    /// `t (a, b) ON DELETE …`.
    fn reference(&mut self) -> Parse<Reference> {
        let table = self.object_name("the name of a table")?;
        let columns = if self.parser.cursor.is_symbol("(") { self.names()? } else { vec![] };
        Ok(Reference { table, columns, actions: self.text_of(Self::actions)? })
    }

    fn actions(&mut self) -> Parse<()> {
        loop {
            let cursor = &mut self.parser.cursor;
            let on = cursor.is_word("ON") && (cursor.is_word_at(1, "DELETE") || cursor.is_word_at(1, "UPDATE"));
            if on {
                cursor.advance();
                cursor.advance();
                let two = [["SET", "NULL"], ["SET", "DEFAULT"], ["NO", "ACTION"]];
                if !two.iter().any(|words| cursor.eat_words(words))
                    && !cursor.eat_word("CASCADE")
                    && !cursor.eat_word("RESTRICT")
                {
                    return self.parser.unexpected("CASCADE, RESTRICT, SET NULL, SET DEFAULT or NO ACTION");
                }
            } else if cursor.eat_word("MATCH") {
                self.parser.name("a kind of match")?;
            } else if cursor.eat_words(&["INITIALLY", "DEFERRED"]) || cursor.eat_words(&["INITIALLY", "IMMEDIATE"]) {
            } else if !cursor.eat_words(&["NOT", "DEFERRABLE"]) && !cursor.eat_word("DEFERRABLE") {
                return Ok(());
            }
        }
    }

    /// `name [type] [constraints]`.
    pub(super) fn column_definition(&mut self) -> Parse<ColumnDefinition> {
        let name = self.parser.name("a column name")?;
        let ty = self.column_type()?;
        let mut constraints = vec![];
        while let Some(constraint) = self.column_constraint()? {
            constraints.push(constraint);
        }
        let span = self.parser.span_from(name.span);
        Ok(ColumnDefinition { name, ty, constraints, span })
    }

    /// The words of a type and its size in brackets.
    pub(super) fn column_type(&mut self) -> Parse<Option<Piece>> {
        let start = self.parser.cursor.peek().span;
        let mut any = false;
        while self.parser.is_name_at(0, true) && !self.parser.cursor.is_any(&AFTER_TYPE) {
            self.parser.cursor.advance();
            any = true;
            if self.parser.cursor.is_symbol("(") && !self.parser.cursor.skip_group() {
                return self.parser.unexpected("\")\"");
            }
        }
        Ok(any.then(|| self.piece_from(start)))
    }

    fn column_constraint(&mut self) -> Parse<Option<ColumnConstraint>> {
        let start = self.parser.cursor.peek().span;
        let named = self.parser.cursor.eat_word("CONSTRAINT");
        let name = if named { Some(self.parser.name("the name of a constraint")?) } else { None };
        let Some(kind) = self.column_rule()? else {
            return if named { self.parser.unexpected("a constraint of the column") } else { Ok(None) };
        };
        Ok(Some(ColumnConstraint { name, kind, span: self.parser.span_from(start) }))
    }

    fn column_rule(&mut self) -> Parse<Option<ColumnRule>> {
        let cursor = &mut self.parser.cursor;
        Ok(Some(if cursor.eat_words(&["PRIMARY", "KEY"]) {
            self.primary_key()?
        } else if cursor.eat_words(&["NOT", "NULL"]) {
            ColumnRule::NotNull(self.conflict()?)
        } else if cursor.eat_word("NULL") {
            ColumnRule::Null
        } else if cursor.eat_word("UNIQUE") {
            ColumnRule::Unique(self.conflict()?)
        } else if cursor.eat_word("CHECK") {
            let check = self.bracketed()?;
            self.conflict()?;
            ColumnRule::Check(check)
        } else if cursor.eat_word("DEFAULT") {
            ColumnRule::Default(self.default_value()?)
        } else if cursor.eat_word("COLLATE") {
            ColumnRule::Collate(self.parser.name("a collation")?)
        } else if cursor.eat_word("REFERENCES") {
            ColumnRule::References(self.reference()?)
        } else if cursor.is_any(&["GENERATED", "AS"]) {
            self.generated()?
        } else {
            return self.other_rule();
        }))
    }

    fn primary_key(&mut self) -> Parse<ColumnRule> {
        let rest = self.text_of(|reader| {
            let _ = reader.parser.cursor.eat_word("ASC") || reader.parser.cursor.eat_word("DESC");
            reader.conflict().map(|_| ())
        })?;
        let autoincrement = self.parser.cursor.eat_word("AUTOINCREMENT");
        if autoincrement {
            self.only(self.parser.cursor.previous().span, "AUTOINCREMENT", &[Sqlite]);
        }
        Ok(ColumnRule::PrimaryKey { autoincrement, rest })
    }

    /// `[GENERATED ALWAYS] AS (…) [STORED]`, and PostgreSQL's identity.
    fn generated(&mut self) -> Parse<ColumnRule> {
        let start = self.parser.cursor.peek().span;
        if self.parser.cursor.eat_word("GENERATED") && !self.parser.cursor.eat_word("ALWAYS") {
            let _ = self.parser.cursor.eat_words(&["BY", "DEFAULT"]);
        }
        self.parser.word("AS")?;
        if self.parser.cursor.eat_word("IDENTITY") {
            if self.parser.cursor.is_symbol("(") {
                self.parser.cursor.skip_group();
            }
            self.only(self.parser.span_from(start), "an identity column", &[Postgres]);
            return Ok(ColumnRule::Other(self.piece_from(start).text));
        }
        let value = self.bracketed()?;
        let stored = self.parser.cursor.eat_word("STORED");
        if !stored {
            self.parser.cursor.eat_word("VIRTUAL");
        }
        Ok(ColumnRule::Generated { value, stored })
    }

    /// What only MySQL says of a column, if it stands here.
    fn other_rule(&mut self) -> Parse<Option<ColumnRule>> {
        let start = self.parser.cursor.peek().span;
        if self.parser.cursor.eat_word("AUTO_INCREMENT") {
            self.only(start, "AUTO_INCREMENT", &[MySql]);
        } else if self.parser.cursor.eat_word("COMMENT") {
            self.parser.name("a comment")?;
            self.only(start, "COMMENT of a column", &[MySql]);
        } else if self.parser.cursor.eat_words(&["ON", "UPDATE"]) {
            self.default_value()?;
            self.only(start, "ON UPDATE of a column", &[MySql]);
        } else {
            return Ok(None);
        }
        Ok(Some(ColumnRule::Other(self.piece_from(start).text)))
    }

    /// A literal, a signed number, a bracketed expression, a word; a call where the engine takes one.
    pub(super) fn default_value(&mut self) -> Parse<Piece> {
        let start = self.parser.cursor.peek().span;
        let _ = self.parser.cursor.eat_symbol("-") || self.parser.cursor.eat_symbol("+");
        match self.parser.cursor.peek().kind {
            TokenKind::Symbol("(") => {
                self.bracketed()?;
            }
            TokenKind::Word if self.parser.dialect != Sqlite => {
                self.parser.cursor.advance();
                if self.parser.cursor.is_symbol("(") {
                    self.parser.cursor.skip_group();
                }
            }
            TokenKind::Symbol(_) | TokenKind::End | TokenKind::Illegal => {
                return self.parser.unexpected("a default value");
            }
            _ => {
                self.parser.cursor.advance();
            }
        }
        if self.parser.dialect == Postgres && self.parser.cursor.eat_symbol("::") {
            self.column_type()?;
        }
        Ok(self.piece_from(start))
    }
}
