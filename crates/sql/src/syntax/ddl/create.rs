//! CREATE TABLE, INDEX, VIEW and TRIGGER.

use super::Reader;
use super::ast::{CreateIndex, CreateTable, CreateTrigger, CreateView, Piece, StatementKind, Term};
use crate::dialect::Dialect::{self, MySql, Postgres, Sqlite};
use crate::syntax::ast::{Expr, ExprKind, Name};
use crate::syntax::parser::Parse;
use crate::syntax::token::TokenKind;

impl Reader<'_> {
    /// What follows CREATE.
    pub(super) fn create(&mut self) -> Parse<StatementKind> {
        let start = self.parser.cursor.previous().span;
        let replace = self.parser.cursor.is_word("OR");
        if self.parser.cursor.eat_words(&["OR", "REPLACE"]) {
            self.only(self.parser.span_from(start), "CREATE OR REPLACE", &[Postgres, MySql]);
        }
        let temporary = self.parser.cursor.eat_word("TEMP") || self.parser.cursor.eat_word("TEMPORARY");
        if self.parser.cursor.eat_word("TABLE") {
            return Ok(StatementKind::CreateTable(self.create_table(temporary)?));
        }
        let unique = self.parser.cursor.is_word("UNIQUE") && self.parser.cursor.is_word_at(1, "INDEX");
        if unique || self.parser.cursor.is_word("INDEX") {
            return Ok(StatementKind::CreateIndex(self.create_index(unique)?));
        }
        let materialized = self.parser.cursor.eat_word("MATERIALIZED");
        if materialized {
            self.only(self.parser.cursor.previous().span, "a materialized view", &[Postgres]);
        }
        if self.parser.cursor.eat_word("VIEW") {
            return Ok(StatementKind::CreateView(self.create_view(replace, temporary, materialized)?));
        }
        if self.parser.cursor.eat_word("TRIGGER") {
            return Ok(StatementKind::CreateTrigger(self.create_trigger(start)?));
        }
        match self.parser.cursor.peek().kind {
            TokenKind::Word => {
                let word = self.parser.cursor.raw(self.parser.cursor.peek()).to_uppercase();
                self.defines_nothing(&format!("CREATE {word}"))
            }
            _ => self.parser.unexpected("TABLE, INDEX, VIEW or TRIGGER"),
        }
    }

    fn create_table(&mut self, temporary: bool) -> Parse<CreateTable> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name("the name of a table")?;
        let mut table = CreateTable {
            temporary,
            if_not_exists,
            name,
            columns: vec![],
            constraints: vec![],
            options: String::new(),
            query: None,
        };
        if self.parser.cursor.eat_word("AS") {
            table.query = Some(self.query_piece()?);
            return Ok(table);
        }
        self.parser.symbol("(")?;
        self.definitions(&mut table)?;
        self.parser.symbol(")")?;
        table.options = self.text_of(Self::table_options)?;
        Ok(table)
    }

    fn query_piece(&mut self) -> Parse<Piece> {
        let start = self.parser.cursor.peek().span;
        self.parser.query()?;
        Ok(self.piece_from(start))
    }

    /// `WITHOUT ROWID, STRICT`; whatever stands there in other engines.
    fn table_options(&mut self) -> Parse<()> {
        if self.parser.dialect != Sqlite {
            self.skip_statement();
            return Ok(());
        }
        while !self.parser.cursor.is_symbol(";") && self.parser.cursor.peek().kind != TokenKind::End {
            if !self.parser.cursor.eat_words(&["WITHOUT", "ROWID"]) && !self.parser.cursor.eat_word("STRICT") {
                return self.parser.unexpected("WITHOUT ROWID, STRICT or the end of the statement");
            }
            if !self.parser.cursor.eat_symbol(",") {
                break;
            }
        }
        Ok(())
    }

    fn create_index(&mut self, unique: bool) -> Parse<CreateIndex> {
        if unique {
            self.parser.word("UNIQUE")?;
        }
        self.parser.word("INDEX")?;
        let concurrently = self.concurrently();
        let start = self.parser.cursor.peek().span;
        let if_not_exists = self.if_not_exists();
        if if_not_exists {
            self.only(self.parser.span_from(start), "IF NOT EXISTS of an index", &[Sqlite, Postgres]);
        }
        let named = !self.parser.cursor.is_word("ON");
        if !named {
            self.only(self.parser.cursor.peek().span, "an index without a name", &[Postgres]);
        }
        let name = if named { Some(self.object_name("the name of an index")?) } else { None };
        self.parser.word("ON")?;
        let table = self.object_name("the name of a table")?;
        let method = self.index_method()?;
        let terms = self.terms()?;
        let filter = self.index_filter()?;
        Ok(CreateIndex { unique, concurrently, if_not_exists, name, table, method, terms, filter })
    }

    pub(super) fn concurrently(&mut self) -> bool {
        let found = self.parser.cursor.eat_word("CONCURRENTLY");
        if found {
            self.only(self.parser.cursor.previous().span, "CONCURRENTLY", &[Postgres]);
        }
        found
    }

    fn index_method(&mut self) -> Parse<Option<Name>> {
        if !self.parser.cursor.eat_word("USING") {
            return Ok(None);
        }
        self.only(self.parser.cursor.previous().span, "USING and the method of an index", &[Postgres, MySql]);
        self.parser.name("the method of an index").map(Some)
    }

    fn index_filter(&mut self) -> Parse<Option<Piece>> {
        if !self.parser.cursor.eat_word("WHERE") {
            return Ok(None);
        }
        self.only(self.parser.cursor.previous().span, "an index with WHERE", &[Sqlite, Postgres]);
        let start = self.parser.cursor.peek().span;
        self.parser.expr()?;
        Ok(Some(self.piece_from(start)))
    }

    /// `(a, lower(b) DESC)`.
    pub(super) fn terms(&mut self) -> Parse<Vec<Term>> {
        self.parser.symbol("(")?;
        let mut terms = vec![self.term()?];
        while self.parser.cursor.eat_symbol(",") {
            terms.push(self.term()?);
        }
        self.parser.symbol(")")?;
        Ok(terms)
    }

    fn term(&mut self) -> Parse<Term> {
        let start = self.parser.cursor.peek().span;
        let expr = self.parser.expr()?;
        let piece = self.piece_from(start);
        let rest = self.text_of(Self::term_rest)?;
        Ok(Term { expr: piece, column: column_of(expr, self.parser.dialect), rest })
    }

    /// ASC, DESC; beyond SQLite also the place of NULLs and a class of operators.
    fn term_rest(&mut self) -> Parse<()> {
        if self.parser.dialect == Sqlite {
            let _ = self.parser.cursor.eat_word("ASC") || self.parser.cursor.eat_word("DESC");
            return Ok(());
        }
        while self.parser.cursor.peek().kind == TokenKind::Word {
            self.parser.cursor.advance();
        }
        Ok(())
    }

    fn create_view(&mut self, replace: bool, temporary: bool, materialized: bool) -> Parse<CreateView> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name("the name of a view")?;
        let columns = if self.parser.cursor.is_symbol("(") { self.names()? } else { vec![] };
        self.parser.word("AS")?;
        let query = self.query_piece()?;
        Ok(CreateView { replace, temporary, materialized, if_not_exists, name, columns, query })
    }

    fn create_trigger(&mut self, start: crate::tree::Span) -> Parse<CreateTrigger> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name("the name of a trigger")?;
        let instead = self.parser.cursor.eat_words(&["INSTEAD", "OF"]);
        if !instead {
            let _ = self.parser.cursor.eat_word("BEFORE") || self.parser.cursor.eat_word("AFTER");
        }
        self.trigger_events()?;
        self.parser.word("ON")?;
        let table = self.object_name("the name of a table")?;
        self.skip_body()?;
        let span = self.parser.span_from(start);
        let text = self.parser.cursor.text.get(span.start as usize..span.end as usize).unwrap_or("").to_owned();
        Ok(CreateTrigger { if_not_exists, name, table, instead, text })
    }

    /// `INSERT OR UPDATE OF a, b`.
    fn trigger_events(&mut self) -> Parse<()> {
        loop {
            if !self.parser.cursor.is_any(&["INSERT", "UPDATE", "DELETE", "TRUNCATE"]) {
                return self.parser.unexpected("INSERT, UPDATE or DELETE");
            }
            self.parser.cursor.advance();
            if self.parser.cursor.eat_word("OF") {
                self.parser.name("a column name")?;
                while self.parser.cursor.eat_symbol(",") {
                    self.parser.name("a column name")?;
                }
            }
            if !self.parser.cursor.eat_word("OR") {
                return Ok(());
            }
        }
    }

    /// Over what a trigger does: BEGIN … END with semicolons of its own, or one statement.
    fn skip_body(&mut self) -> Parse<()> {
        while !self.parser.cursor.is_word("BEGIN") {
            if self.parser.cursor.is_symbol(";") || self.parser.cursor.peek().kind == TokenKind::End {
                let whole = self.parser.dialect != Sqlite;
                return if whole { Ok(()) } else { self.parser.unexpected("BEGIN") };
            }
            self.parser.cursor.advance();
        }
        let mut depth = 0usize;
        loop {
            match () {
                () if self.parser.cursor.is_any(&["BEGIN", "CASE"]) => depth += 1,
                () if self.parser.cursor.is_word("END") => depth -= 1,
                () if self.parser.cursor.peek().kind == TokenKind::End => return self.parser.unexpected("END"),
                () => {}
            }
            self.parser.cursor.advance();
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

/// The column that a term is: by name, with a collation, or with a length as MySQL has it.
fn column_of(expr: Expr, dialect: Dialect) -> Option<Name> {
    match expr.kind {
        ExprKind::Name(mut names) if names.len() == 1 => names.pop(),
        ExprKind::Collate(inner, _) => column_of(*inner, dialect),
        ExprKind::Call(call) if dialect == MySql && matches!(call.args.as_slice(), [arg] if is_whole(arg)) => {
            Some(call.name)
        }
        _ => None,
    }
}

fn is_whole(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(schema::Value::Integer(_)))
}
