//! The statements of a schema script: CREATE TABLE, VIEW and INDEX, ALTER TABLE.

use schema::{Catalog, Column, Table, TableId};

use super::{DdlError, DdlProblem, Script};
use crate::dialect::Dialect;
use crate::resolve::{output_names, parse};
use crate::syntax::token::TokenKind;
use crate::types::Types;

/// Statements that a schema script may hold and that shape nothing.
const PASSED_OVER: [&str; 24] = [
    "INSERT",
    "REPLACE",
    "UPDATE",
    "DELETE",
    "PRAGMA",
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "ANALYZE",
    "VACUUM",
    "REINDEX",
    "SET",
    "USE",
    "GRANT",
    "COMMENT",
    "SELECT",
    "WITH",
    "LOCK",
    "UNLOCK",
    "DROP",
];

impl Script<'_> {
    /// One statement, up to its semicolon.
    pub(super) fn statement(&mut self) -> Result<(), DdlError> {
        if self.cursor.eat_word("CREATE") {
            return self.create();
        }
        if self.cursor.eat_words(&["ALTER", "TABLE"]) {
            return self.alter_table();
        }
        if PASSED_OVER.iter().any(|word| self.cursor.is_word(word)) {
            return self.skip_statement();
        }
        match self.cursor.peek().kind {
            TokenKind::Word => {
                let word = self.cursor.raw(self.cursor.peek()).to_owned();
                self.error(DdlProblem::Statement(word))
            }
            _ => self.expected("a statement"),
        }
    }

    fn create(&mut self) -> Result<(), DdlError> {
        self.cursor.eat_words(&["OR", "REPLACE"]);
        let _ = self.cursor.eat_word("TEMP") || self.cursor.eat_word("TEMPORARY");
        if self.cursor.eat_word("TABLE") {
            return self.create_table();
        }
        if self.cursor.eat_word("VIEW") || self.cursor.eat_words(&["MATERIALIZED", "VIEW"]) {
            return self.create_view();
        }
        if self.cursor.is_word("INDEX") || self.cursor.is_word("UNIQUE") && self.cursor.is_word_at(1, "INDEX") {
            return self.create_index();
        }
        if self.cursor.is_word("TRIGGER") {
            return self.skip_trigger();
        }
        match self.cursor.peek().kind {
            TokenKind::Word => self.skip_statement(),
            _ => self.expected("TABLE, VIEW, INDEX or TRIGGER"),
        }
    }

    /// Over a trigger, whose body holds semicolons of its own.
    fn skip_trigger(&mut self) -> Result<(), DdlError> {
        let mut cases = 0usize;
        loop {
            if self.cursor.is_word("CASE") {
                cases += 1;
            } else if self.cursor.is_word("END") && cases > 0 {
                cases -= 1;
            } else if self.cursor.eat_word("END") {
                return self.statement_end();
            }
            self.skip_one("END of the trigger")?;
        }
    }

    fn statement_end(&mut self) -> Result<(), DdlError> {
        match self.cursor.peek().kind {
            TokenKind::End => Ok(()),
            _ => self.symbol(";"),
        }
    }

    fn if_not_exists(&mut self) -> bool {
        self.cursor.eat_words(&["IF", "NOT", "EXISTS"])
    }

    fn create_table(&mut self) -> Result<(), DdlError> {
        let lenient = self.if_not_exists();
        let name = self.table_name()?;
        if self.catalog.find_table(&name).is_some() {
            return if lenient { self.skip_statement() } else { self.error(DdlProblem::TableTwice(name)) };
        }
        if self.cursor.eat_word("AS") {
            return self.table_from_query(name, vec![], false);
        }
        let id = self.add_table(Table { name: name.clone(), ..Table::default() })?;
        self.symbol("(")?;
        loop {
            if !self.table_constraint(id)? {
                self.column_definition(id)?;
            }
            if !self.cursor.eat_symbol(",") {
                break;
            }
        }
        self.symbol(")")?;
        if self.catalog.table(id).columns.is_empty() {
            return self.error(DdlProblem::NoColumns(name));
        }
        self.table_options(id)
    }

    /// What follows the closing bracket: `WITHOUT ROWID, STRICT`, `ENGINE=InnoDB …`.
    fn table_options(&mut self, table: TableId) -> Result<(), DdlError> {
        while !matches!(self.cursor.peek().kind, TokenKind::End | TokenKind::Symbol(";")) {
            if self.cursor.is_symbol(")") || self.cursor.is_word("CREATE") {
                return self.expected("\";\"");
            }
            if self.cursor.is_word("WITHOUT") && self.cursor.is_word_at(1, "ROWID") {
                self.catalog.tables[table.0 as usize].without_rowid = true;
            }
            self.skip_one("\";\"")?;
        }
        Ok(())
    }

    pub(super) fn add_table(&mut self, table: Table) -> Result<TableId, DdlError> {
        let Ok(position) = u16::try_from(self.catalog.tables.len()) else { return self.error(DdlProblem::TooMany) };
        self.catalog.tables.push(table);
        Ok(TableId(position))
    }

    fn create_view(&mut self) -> Result<(), DdlError> {
        let lenient = self.if_not_exists();
        let name = self.table_name()?;
        if self.catalog.find_table(&name).is_some() {
            return if lenient { self.skip_statement() } else { self.error(DdlProblem::TableTwice(name)) };
        }
        let columns = if self.cursor.is_symbol("(") { self.column_list()?.names } else { vec![] };
        self.word("AS")?;
        self.table_from_query(name, columns, true)
    }

    /// A table or view whose columns are those of a query. One that cannot be resolved is left out.
    fn table_from_query(&mut self, name: String, listed: Vec<String>, is_view: bool) -> Result<(), DdlError> {
        let start = self.cursor.peek().span.start as usize;
        self.skip_statement()?;
        let text = self.cursor.text.get(start..self.cursor.peek().span.start as usize).unwrap_or("");
        let Some(mut columns) = query_columns(text, &self.catalog) else { return Ok(()) };
        if !listed.is_empty() {
            if listed.len() != columns.len() {
                return self.expected(&format!("{} column names for view {name}", columns.len()));
            }
            for (column, name) in columns.iter_mut().zip(listed) {
                column.name = name;
            }
        }
        self.add_table(Table { name, columns, is_view, ..Table::default() })?;
        Ok(())
    }

    fn create_index(&mut self) -> Result<(), DdlError> {
        let unique = self.cursor.eat_word("UNIQUE");
        self.word("INDEX")?;
        self.cursor.eat_word("CONCURRENTLY");
        self.if_not_exists();
        let name = if self.cursor.is_word("ON") { None } else { Some(self.table_name()?) };
        self.word("ON")?;
        let table = self.table_name()?;
        let Some(id) = self.catalog.find_table(&table) else { return self.error(DdlProblem::NoTable(table)) };
        if self.cursor.eat_word("USING") {
            self.name("an index method")?;
        }
        let columns = self.key_columns(id)?;
        let partial = self.cursor.is_word("WHERE");
        let table = &mut self.catalog.tables[id.0 as usize];
        table.index_names.extend(name);
        if let Some(columns) = columns {
            table.indexes.push(columns.clone());
            if unique && !partial {
                table.unique.push(columns);
            }
        }
        self.skip_statement()
    }

    /// `ALTER TABLE t ADD …`; other alterations are passed over.
    fn alter_table(&mut self) -> Result<(), DdlError> {
        self.cursor.eat_word("ONLY");
        self.cursor.eat_words(&["IF", "EXISTS"]);
        let name = self.table_name()?;
        let Some(id) = self.catalog.find_table(&name) else { return self.error(DdlProblem::NoTable(name)) };
        if !self.cursor.eat_word("ADD") {
            return self.skip_statement();
        }
        if !self.table_constraint(id)? {
            self.cursor.eat_word("COLUMN");
            self.column_definition(id)?;
        }
        self.skip_statement()
    }

    /// The columns of a key or an index; none where it is over an expression too.
    pub(super) fn key_columns(&mut self, table: TableId) -> Result<Option<Vec<u16>>, DdlError> {
        let listed = self.column_list()?;
        let columns = self.columns_of(table, &listed.names)?;
        Ok(listed.is_whole.then_some(columns))
    }

    /// The positions of columns by name.
    pub(super) fn columns_of(&self, table: TableId, names: &[String]) -> Result<Vec<u16>, DdlError> {
        let mut positions = Vec::with_capacity(names.len());
        for name in names {
            match self.catalog.find_column(table, name) {
                Some(id) => positions.push(id.column),
                None => {
                    let table = self.catalog.table(table).name.clone();
                    return self.error(DdlProblem::NoColumn { table, column: name.clone() });
                }
            }
        }
        Ok(positions)
    }
}

/// The columns of a query over the tables declared so far, with the types that can be told.
pub(super) fn query_columns(text: &str, catalog: &Catalog) -> Option<Vec<Column>> {
    let query = parse(text, catalog, Dialect::Sqlite).ok()?;
    let types = Types::of(&query, catalog);
    let typed = types.of_outputs(&query).into_iter();
    let names = output_names(&query, catalog, text);
    Some(names.into_iter().zip(typed).map(|(name, ty)| Column { name, ty, ..Column::default() }).collect())
}
