//! What stands between the brackets of CREATE TABLE: columns and table constraints.

use schema::{Column, TableId};

use super::{DdlError, DdlProblem, PendingKey, Script, type_of_declared};
use crate::syntax::token::{TokenKind, unquote};

/// Words that end a column's type and start a constraint.
const CONSTRAINT_WORDS: [&str; 17] = [
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
    "CHARACTER_SET",
    "KEY",
];

impl Script<'_> {
    /// A table constraint, if one stands here.
    pub(super) fn table_constraint(&mut self, table: TableId) -> Result<bool, DdlError> {
        let named = self.cursor.is_word("CONSTRAINT");
        if named {
            self.cursor.advance();
            if !self.cursor.is_any(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"]) {
                self.name("a constraint's name")?;
            }
        }
        if self.cursor.eat_words(&["PRIMARY", "KEY"]) {
            if let Some(columns) = self.key_columns(table)? {
                self.set_primary_key(table, columns);
            }
        } else if self.cursor.is_word("UNIQUE") {
            self.unique_constraint(table)?;
        } else if self.cursor.eat_words(&["FOREIGN", "KEY"]) {
            let listed = self.column_list()?;
            let columns = self.columns_of(table, &listed.names)?;
            self.word("REFERENCES")?;
            self.references(table, columns)?;
        } else if self.cursor.is_word("CHECK") && self.cursor.is_symbol_at(1, "(") {
            self.cursor.advance();
            self.skip_one("\")\"")?;
        } else if self.is_plain_key() {
            self.plain_key(table)?;
        } else if named {
            return self.expected("PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK");
        } else {
            return Ok(false);
        }
        self.skip_item()?;
        Ok(true)
    }

    fn unique_constraint(&mut self, table: TableId) -> Result<(), DdlError> {
        self.word("UNIQUE")?;
        let _ = self.cursor.eat_word("KEY") || self.cursor.eat_word("INDEX");
        if !self.cursor.is_symbol("(") {
            self.name("an index name")?;
        }
        let columns = self.key_columns(table)?;
        self.catalog.tables[table.0 as usize].unique.extend(columns);
        Ok(())
    }

    /// Whether MySQL's `KEY name (…)` or `INDEX name (…)` stands here.
    fn is_plain_key(&self) -> bool {
        let sized = self.cursor.peek_at(3).kind == TokenKind::Integer;
        let listed = self.cursor.is_symbol_at(1, "(") || self.cursor.is_symbol_at(2, "(") && !sized;
        self.cursor.is_any(&["KEY", "INDEX"]) && listed
    }

    fn plain_key(&mut self, table: TableId) -> Result<(), DdlError> {
        self.cursor.advance();
        if !self.cursor.is_symbol("(") {
            self.name("an index name")?;
        }
        let columns = self.key_columns(table)?;
        self.catalog.tables[table.0 as usize].indexes.extend(columns);
        Ok(())
    }

    fn set_primary_key(&mut self, table: TableId, columns: Vec<u16>) {
        let table = &mut self.catalog.tables[table.0 as usize];
        for column in &columns {
            table.columns[*column as usize].not_null = true;
        }
        table.primary_key = columns;
    }

    /// `t [(a, b)] [ON DELETE …]`, after REFERENCES.
    fn references(&mut self, from: TableId, columns: Vec<u16>) -> Result<(), DdlError> {
        let to = self.table_name()?;
        let to_columns = if self.cursor.is_symbol("(") { self.column_list()?.names } else { vec![] };
        self.keys.push(PendingKey { from, columns, to, to_columns });
        loop {
            if self.cursor.is_word("ON") && (self.cursor.is_word_at(1, "DELETE") || self.cursor.is_word_at(1, "UPDATE"))
            {
                self.cursor.eat_words(&["ON"]);
                self.cursor.advance();
                let two = self.cursor.is_any(&["SET", "NO"]);
                self.name("what to do")?;
                if two {
                    self.name("what to do")?;
                }
            } else if self.cursor.eat_word("MATCH") || self.cursor.eat_word("INITIALLY") {
                self.name("a word")?;
            } else if !self.cursor.eat_words(&["NOT", "DEFERRABLE"]) && !self.cursor.eat_word("DEFERRABLE") {
                return Ok(());
            }
        }
    }

    /// `name [type] [constraints]`.
    pub(super) fn column_definition(&mut self, table: TableId) -> Result<(), DdlError> {
        let name = self.name("a column name")?;
        if self.catalog.find_column(table, &name).is_some() {
            let table = self.catalog.table(table).name.clone();
            return self.error(DdlProblem::ColumnTwice { table, column: name });
        }
        let declared = self.declared_type()?;
        let column = Column { name, ty: type_of_declared(&declared), declared, ..Column::default() };
        let columns = &mut self.catalog.tables[table.0 as usize].columns;
        let Ok(position) = u16::try_from(columns.len()) else { return self.error(DdlProblem::TooMany) };
        columns.push(column);
        while !matches!(self.cursor.peek().kind, TokenKind::Symbol("," | ")" | ";") | TokenKind::End) {
            self.column_constraint(table, position)?;
        }
        Ok(())
    }

    /// The words of a type and its size in brackets, as written.
    fn declared_type(&mut self) -> Result<String, DdlError> {
        let mut words = Vec::new();
        loop {
            let token = self.cursor.peek();
            match token.kind {
                TokenKind::Word if CONSTRAINT_WORDS.iter().any(|word| self.cursor.is_word(word)) => break,
                TokenKind::Word | TokenKind::Quoted(_) | TokenKind::Text => {
                    words.push(unquote(self.cursor.raw(token), token.kind));
                    self.cursor.advance();
                }
                TokenKind::Symbol("(") if !words.is_empty() => {
                    let start = token.span.start as usize;
                    self.skip_one("\")\"")?;
                    let end = self.cursor.previous().span.end as usize;
                    let size = self.cursor.text.get(start..end).unwrap_or("").split_whitespace().collect::<String>();
                    if let Some(last) = words.last_mut() {
                        last.push_str(&size);
                    }
                }
                _ => break,
            }
        }
        Ok(words.join(" "))
    }

    fn column_constraint(&mut self, table: TableId, column: u16) -> Result<(), DdlError> {
        if self.cursor.eat_word("CONSTRAINT") {
            self.name("a constraint's name")?;
        } else if self.cursor.eat_words(&["PRIMARY", "KEY"]) {
            self.set_primary_key(table, vec![column]);
            self.catalog.tables[table.0 as usize].key_descends = self.cursor.eat_word("DESC");
        } else if self.cursor.eat_words(&["NOT", "NULL"]) {
            self.catalog.tables[table.0 as usize].columns[column as usize].not_null = true;
        } else if self.cursor.eat_word("UNIQUE") {
            self.cursor.eat_word("KEY");
            self.catalog.tables[table.0 as usize].unique.push(vec![column]);
        } else if self.cursor.eat_word("REFERENCES") {
            self.references(table, vec![column])?;
        } else if self.cursor.eat_word("DEFAULT") {
            let default = self.default_value()?;
            self.catalog.tables[table.0 as usize].columns[column as usize].default = Some(default);
        } else if self.cursor.eat_word("COMMENT") {
            let comment = self.name("a comment")?;
            self.catalog.tables[table.0 as usize].columns[column as usize].comment = Some(comment);
        } else if self.cursor.eat_word("COLLATE") {
            self.name("a collation")?;
        } else if self.cursor.peek().kind == TokenKind::Word || self.cursor.is_symbol("(") {
            // CHECK (…), GENERATED ALWAYS AS (…) STORED, ON CONFLICT …, ASC, AUTOINCREMENT, NULL.
            self.skip_one("\")\"")?;
        } else {
            return self.expected("a column constraint, \",\" or \")\"");
        }
        Ok(())
    }

    /// The text of a DEFAULT: a literal, a signed number, a bracketed expression, a word or a call.
    fn default_value(&mut self) -> Result<String, DdlError> {
        let start = self.cursor.peek().span.start as usize;
        let _ = self.cursor.eat_symbol("-") || self.cursor.eat_symbol("+");
        if matches!(self.cursor.peek().kind, TokenKind::Symbol("," | ")" | ";")) {
            return self.expected("a default value");
        }
        let word = self.cursor.peek().kind == TokenKind::Word;
        self.skip_one("a default value")?;
        if word && self.cursor.is_symbol("(") {
            self.skip_one("\")\"")?;
        }
        let end = self.cursor.previous().span.end as usize;
        Ok(self.cursor.text.get(start..end).unwrap_or("").to_owned())
    }
}
