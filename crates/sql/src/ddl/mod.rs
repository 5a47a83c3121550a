//! A schema script (`CREATE TABLE …`) to a catalog.
//!
//! Tables, views and indexes are read; statements that do not shape the schema (INSERT, PRAGMA, triggers …) are passed
//! over. What cannot be read is an error that names its line.
//!
//! Suggested reading order:
//! * `statement`: CREATE TABLE, VIEW and INDEX, ALTER TABLE.
//! * `definition`: what stands between the brackets of CREATE TABLE.
//! * `types`: what a declared type means to us.
//! * [`review`](mod@review): statements that change definitions, checked and put into a script for people.

mod definition;
pub mod review;
mod statement;
mod types;

use schema::{Catalog, ForeignKey, TableId};

use crate::dialect::Dialect;
use crate::syntax::token::{Cursor, TokenKind, unquote};

pub use types::type_of_declared;

/// What is wrong with a schema script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct DdlError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: DdlProblem,
}

/// The ways a schema script can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DdlProblem {
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What should stand here.
        expected: String,
        /// What stands here.
        found: String,
    },
    /// A statement that no schema script has.
    #[error("\"{0}\" starts no statement known here")]
    Statement(String),
    /// A table or view is declared twice.
    #[error("table {0} is declared twice")]
    TableTwice(String),
    /// A column is declared twice.
    #[error("table {table} declares column {column} twice")]
    ColumnTwice {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A key, constraint or index names a column the table does not have.
    #[error("table {table} has no column {column}")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// An index or ALTER names a table that is not declared.
    #[error("no table {0} is declared above")]
    NoTable(String),
    /// A table without columns.
    #[error("table {0} has no columns")]
    NoColumns(String),
    /// More tables or columns than a catalog can number.
    #[error("more than 65535 tables or columns")]
    TooMany,
}

/// A foreign key before the table it refers to is known.
struct PendingKey {
    from: TableId,
    columns: Vec<u16>,
    to: String,
    to_columns: Vec<String>,
}

/// Words that may stand behind a column in a list of columns.
const KEPT_HOW: [&str; 6] = ["ASC", "DESC", "NULLS", "FIRST", "LAST", "AUTOINCREMENT"];

/// The columns that a list in brackets names.
struct Listed {
    names: Vec<String>,
    /// Whether it holds nothing but columns: a key over an expression says nothing of the columns beside it.
    is_whole: bool,
}

/// A script being read.
struct Script<'a> {
    cursor: Cursor<'a>,
    catalog: Catalog,
    keys: Vec<PendingKey>,
}

/// The catalog that a schema script describes.
///
/// # Errors
/// When the script cannot be read; the error names the line.
pub fn catalog_from_ddl(text: &str) -> Result<Catalog, DdlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut script = Script { cursor: Cursor::new(text, Dialect::Sqlite), catalog: Catalog::default(), keys: vec![] };
    while script.cursor.peek().kind != TokenKind::End {
        if !script.cursor.eat_symbol(";") {
            script.statement()?;
        }
    }
    script.link_keys();
    Ok(script.catalog)
}

impl Script<'_> {
    fn error<T>(&self, problem: DdlProblem) -> Result<T, DdlError> {
        Err(DdlError { line: self.cursor.line(), problem })
    }

    fn expected<T>(&self, what: &str) -> Result<T, DdlError> {
        let token = self.cursor.peek();
        let found = match token.kind {
            TokenKind::End => "the end of the script".to_owned(),
            _ => format!("\"{}\"", self.cursor.raw(token).chars().take(40).collect::<String>()),
        };
        self.error(DdlProblem::Expected { expected: what.to_owned(), found })
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), DdlError> {
        if self.cursor.eat_symbol(symbol) { Ok(()) } else { self.expected(&format!("\"{symbol}\"")) }
    }

    fn word(&mut self, word: &str) -> Result<(), DdlError> {
        if self.cursor.eat_word(word) { Ok(()) } else { self.expected(word) }
    }

    /// A name, quoted or not.
    fn name(&mut self, what: &str) -> Result<String, DdlError> {
        let token = self.cursor.peek();
        match token.kind {
            TokenKind::Word | TokenKind::Quoted(_) | TokenKind::Text => {
                self.cursor.advance();
                Ok(unquote(self.cursor.raw(token), token.kind))
            }
            _ => self.expected(what),
        }
    }

    /// A table's name; the schema before a point is dropped.
    fn table_name(&mut self) -> Result<String, DdlError> {
        let name = self.name("a table name")?;
        if self.cursor.eat_symbol(".") { self.name("a table name") } else { Ok(name) }
    }

    /// `(a, b, …)`, where each may carry a length, COLLATE, ASC or DESC. Expressions are passed over.
    fn column_list(&mut self) -> Result<Listed, DdlError> {
        self.symbol("(")?;
        let mut listed = Listed { names: vec![], is_whole: true };
        loop {
            if self.is_expression() {
                listed.is_whole = false;
            } else {
                listed.names.push(self.name("a column name")?);
            }
            self.skip_item()?;
            if !self.cursor.eat_symbol(",") {
                break;
            }
        }
        self.symbol(")")?;
        Ok(listed)
    }

    /// Whether something is computed here, rather than named.
    fn is_expression(&self) -> bool {
        match self.cursor.peek().kind {
            TokenKind::Word | TokenKind::Quoted(_) | TokenKind::Text => !self.is_name_alone(),
            TokenKind::Integer | TokenKind::Float | TokenKind::Blob | TokenKind::Symbol("(" | "+" | "-" | "~") => true,
            _ => false,
        }
    }

    /// Whether a name stands here with nothing behind it but what says how it is kept.
    fn is_name_alone(&self) -> bool {
        let mut at = if self.cursor.is_symbol_at(1, "(") && self.is_length() { 4 } else { 1 };
        loop {
            let next = self.cursor.peek_at(at);
            match next.kind {
                TokenKind::Symbol("," | ")" | ";") | TokenKind::End => return true,
                TokenKind::Word if self.cursor.is_word_at(at, "COLLATE") => at += 2,
                TokenKind::Word if KEPT_HOW.iter().any(|word| self.cursor.is_word_at(at, word)) => at += 1,
                // PostgreSQL's operator classes: `text_pattern_ops`.
                TokenKind::Word if self.cursor.raw(next).to_ascii_lowercase().ends_with("_ops") => at += 1,
                _ => return false,
            }
        }
    }

    /// Whether a name with a length in brackets stands here, `name(10)`.
    fn is_length(&self) -> bool {
        self.cursor.peek_at(2).kind == TokenKind::Integer && self.cursor.is_symbol_at(3, ")")
    }

    /// Up to the next comma or closing bracket of this level, or the end of the statement.
    fn skip_item(&mut self) -> Result<(), DdlError> {
        while !matches!(self.cursor.peek().kind, TokenKind::Symbol("," | ")" | ";") | TokenKind::End) {
            self.skip_one("\")\"")?;
        }
        Ok(())
    }

    /// Over one token or one bracketed group.
    fn skip_one(&mut self, missing: &str) -> Result<(), DdlError> {
        match self.cursor.peek().kind {
            TokenKind::End => self.expected(missing),
            TokenKind::Illegal => self.expected("a readable token"),
            TokenKind::Symbol("(") if self.cursor.skip_group() => Ok(()),
            TokenKind::Symbol("(") => self.expected("\")\""),
            _ => {
                self.cursor.advance();
                Ok(())
            }
        }
    }

    fn skip_statement(&mut self) -> Result<(), DdlError> {
        while !self.cursor.is_symbol(";") && self.cursor.peek().kind != TokenKind::End {
            self.skip_one("\";\"")?;
        }
        Ok(())
    }

    /// Turns the keys that were read into relations, now that every table is known. A key to a table or column that
    /// the script does not declare relates nothing and is left out, as SQLite does.
    fn link_keys(&mut self) {
        for key in std::mem::take(&mut self.keys) {
            let Some(to) = self.catalog.find_table(&key.to) else { continue };
            let to_columns = if key.to_columns.is_empty() {
                self.catalog.table(to).primary_key.clone()
            } else {
                let found = key.to_columns.iter().map(|c| self.catalog.find_column(to, c).map(|id| id.column));
                found.collect::<Option<Vec<u16>>>().unwrap_or_default()
            };
            let relation = ForeignKey { from: key.from, columns: key.columns, to, to_columns, confidence: 1.0 };
            let whole = !relation.columns.is_empty() && relation.columns.len() == relation.to_columns.len();
            if whole && !self.catalog.foreign_keys.contains(&relation) {
                self.catalog.foreign_keys.push(relation);
            }
        }
    }
}

#[cfg(test)]
mod tests;
