//! Scripts of statements that define tables, indexes, views and triggers, to typed statements. Names, expressions and queries
//! are read by the parser of queries; nothing here knows a catalog.
//!
//! Suggested reading order:
//! * `ast`: what such statements hold.
//! * `create`: CREATE TABLE, INDEX, VIEW, TRIGGER; `column`: what stands between the brackets of CREATE TABLE.
//! * `change`: ALTER TABLE and DROP.

pub(crate) mod ast;
mod change;
mod column;
mod create;

use super::ast::Name;
use super::parser::{Parse, Parser, Problem};
use super::token::{TokenKind, tokens};
use crate::dialect::Dialect;
use crate::tree::Span;

use ast::{Piece, Special, Statement, StatementKind};

/// Schemas that need not be named.
const OWN_SCHEMAS: [&str; 3] = ["main", "public", "temp"];
/// The code of a statement that defines nothing.
pub(crate) const NO_DEFINITION: &str = "DDL601";
/// The code of a name that means nothing.
pub(crate) const UNKNOWN_OBJECT: &str = "DDL604";

/// A script being read.
struct Reader<'a> {
    parser: Parser<'a>,
    special: Vec<Special>,
}

/// Each statement of a script, or why it is none. After a mistake reading goes on behind the next semicolon.
pub(crate) fn parse_script(text: &str, dialect: Dialect) -> Vec<Parse<Statement>> {
    let mut reader = Reader { parser: Parser::new(text, dialect), special: vec![] };
    let mut statements = vec![];
    loop {
        while reader.parser.cursor.eat_symbol(";") {}
        if reader.parser.cursor.peek().kind == TokenKind::End {
            return statements;
        }
        let statement = reader.statement();
        if statement.is_err() {
            reader.skip_statement();
        }
        statements.push(statement);
    }
}

/// A text on one line: its tokens with a space where anything stood between them.
pub(crate) fn tidy(text: &str, dialect: Dialect) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for token in tokens(text, dialect) {
        let (start, stop) = (token.span.start as usize, token.span.end as usize);
        if token.kind == TokenKind::End {
            break;
        }
        if start > end && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(text.get(start..stop).unwrap_or(""));
        end = stop;
    }
    out
}

impl Reader<'_> {
    fn statement(&mut self) -> Parse<Statement> {
        self.special.clear();
        let kind = self.kind()?;
        if !self.parser.cursor.is_symbol(";") && self.parser.cursor.peek().kind != TokenKind::End {
            return self.parser.unexpected("the end of the statement");
        }
        Ok(Statement { kind, special: std::mem::take(&mut self.special) })
    }

    fn kind(&mut self) -> Parse<StatementKind> {
        if self.parser.cursor.eat_word("CREATE") {
            return self.create();
        }
        if self.parser.cursor.eat_word("ALTER") {
            return self.alter();
        }
        if self.parser.cursor.eat_word("DROP") {
            return self.drop();
        }
        let token = self.parser.cursor.peek();
        match token.kind {
            TokenKind::Word => {
                let word = self.parser.cursor.raw(token).to_uppercase();
                self.defines_nothing(&word)
            }
            _ => self.parser.unexpected("CREATE, ALTER or DROP"),
        }
    }

    fn defines_nothing<T>(&self, what: &str) -> Parse<T> {
        let help = "CREATE, ALTER and DROP of tables, indexes, views and triggers are reviewed here.";
        let message = format!("{what} is no statement that is reviewed here.");
        self.parser.problem(NO_DEFINITION, message, Some(help.to_owned()))
    }

    /// Up to the next semicolon.
    fn skip_statement(&mut self) {
        while !self.parser.cursor.is_symbol(";") && self.parser.cursor.peek().kind != TokenKind::End {
            self.parser.cursor.advance();
        }
    }

    /// Notes a form that only some engines have.
    fn only(&mut self, span: Span, what: &'static str, known_to: &'static [Dialect]) {
        self.special.push(Special { span, what, known_to });
    }

    /// The text from a token up to the one before the present one.
    fn piece_from(&self, start: Span) -> Piece {
        let span = self.parser.span_from(start);
        let text = self.parser.cursor.text.get(span.start as usize..span.end as usize).unwrap_or("");
        Piece { text: tidy(text, self.parser.dialect), span }
    }

    /// The name of a table, index, view or trigger; the engine's own schema before it is dropped.
    fn object_name(&mut self, what: &str) -> Parse<Name> {
        let name = self.parser.name(what)?;
        if !self.parser.cursor.eat_symbol(".") {
            return Ok(name);
        }
        if !OWN_SCHEMAS.iter().any(|own| own.eq_ignore_ascii_case(&name.text)) {
            let message = format!("There is no schema {}.", name.text);
            return Err(Problem { code: UNKNOWN_OBJECT, span: name.span, message, help: None });
        }
        self.parser.name(what)
    }

    /// `(a, b)`.
    fn names(&mut self) -> Parse<Vec<Name>> {
        self.parser.symbol("(")?;
        let mut names = vec![self.parser.name("a column name")?];
        while self.parser.cursor.eat_symbol(",") {
            names.push(self.parser.name("a column name")?);
        }
        self.parser.symbol(")")?;
        Ok(names)
    }

    /// `(expression)`; the piece is what stands within.
    fn bracketed(&mut self) -> Parse<Piece> {
        self.parser.symbol("(")?;
        let start = self.parser.cursor.peek().span;
        self.parser.expr()?;
        let piece = self.piece_from(start);
        self.parser.symbol(")")?;
        Ok(piece)
    }

    fn if_not_exists(&mut self) -> bool {
        self.parser.cursor.eat_words(&["IF", "NOT", "EXISTS"])
    }

    /// The text of what `read` steps over; empty where it steps over nothing.
    fn text_of(&mut self, read: impl FnOnce(&mut Self) -> Parse<()>) -> Parse<String> {
        let start = self.parser.cursor.peek().span;
        read(self)?;
        let end = self.parser.cursor.previous().span;
        if end.end <= start.start {
            return Ok(String::new());
        }
        Ok(self.piece_from(start).text)
    }
}
