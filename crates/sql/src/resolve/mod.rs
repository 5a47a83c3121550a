//! SQL text to the query tree: every name found, every mistake a diagnostic.
//!
//! Names are looked up as SQLite does: columns of the level, then row ids, then aliases of outputs, then the enclosing
//! levels; a name in double quotes that is no column is a text.
//!
//! Suggested reading order:
//! * `scope`: what a name means at one level.
//! * `query`: WITH, set operations, ORDER BY, LIMIT.
//! * `same`: what ORDER BY of a set operation takes for one of its outputs.
//! * `cte`: common table expressions, resolved when first spoken of.
//! * `select`: one SELECT, clause by clause.
//! * `from`: sources, joins, USING and NATURAL.
//! * `expression`: expressions and names.
//! * `call`: function calls and windows.
//! * `condition`: a condition by itself, over one table.
//! * `suggest`: what an unknown name may have meant.

mod call;
mod condition;
mod cte;
mod expression;
mod from;
mod query;
mod same;
mod scope;
mod select;
mod suggest;

use schema::Catalog;

use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Dialect;
use crate::print;
use crate::syntax::ast;
use crate::syntax::parser::{DEEPEST, parse_query};
use crate::tree::{Expr, ExprKind, Query, SourceId, Span};

use cte::CteEntry;
use scope::Scope;

pub(crate) use call::is_aggregate;
pub(crate) use condition::parse_condition;
pub(crate) use select::{holds_aggregate, output_names};
pub(crate) use suggest::nearest;

/// A text that was read.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree; names that mean nothing stand in it as [`ExprKind::Unknown`]. None when the text is no query.
    pub query: Option<Query>,
    /// What was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// The tree, if nothing was found that is an error.
    pub fn ok(self) -> Option<Query> {
        let failed = self.diagnostics.iter().any(|d| d.severity == Severity::Error);
        if failed { None } else { self.query }
    }
}

/// Reads exactly one query over a catalog.
pub fn parse(text: &str, catalog: &Catalog, dialect: Dialect) -> Parsed {
    let (statement, levels) = match parse_query(text, dialect) {
        Ok(read) => read,
        Err(problem) => {
            let mut diagnostic = Diagnostic::error(problem.code, problem.span, problem.message);
            diagnostic.help = problem.help;
            return Parsed { query: None, diagnostics: vec![diagnostic] };
        }
    };
    resolved(&statement, levels, Resolver::new(text, catalog, dialect))
}

/// The tree of a statement that nests so many levels.
fn resolved<'a>(statement: &'a ast::Query, levels: usize, mut resolver: Resolver<'a>) -> Parsed {
    let query = resolver.query(statement);
    let Resolver { text, catalog, copied, mut diagnostics, .. } = resolver;
    diagnostics.sort_by_key(|d| (d.span[0], d.severity));
    diagnostics.dedup();
    // Brackets for the reader at most double the levels, and copied aliases add theirs. What is printed is to be read again.
    let is_whole = diagnostics.iter().all(|d| d.severity != Severity::Error);
    let may_be_too_deep = is_whole && levels.max(copied) > DEEPEST / 2;
    if may_be_too_deep && parse_query(&print::compact(&query, catalog), Dialect::Sqlite).is_err() {
        let message = format!("Written out, the query nests more than {DEEPEST} levels deep.");
        let everything = Span { start: 0, end: text.len() as u32 };
        return Parsed { query: None, diagnostics: vec![Diagnostic::error("SYN107", everything, message)] };
    }
    Parsed { query: Some(query), diagnostics }
}

/// How many nodes aliases may copy: an alias that holds aliases that hold aliases grows without end.
const MOST_COPIES: usize = 2_000;

/// How tall an expression may be that an alias copies: on top of the tallest that is read, it has to fit the stack.
const TALLEST_COPY: usize = 200;

/// A query being resolved.
struct Resolver<'a> {
    catalog: &'a Catalog,
    dialect: Dialect,
    text: &'a str,
    diagnostics: Vec<Diagnostic>,
    next_source: u16,
    /// Query levels, innermost last.
    scopes: Vec<Scope<'a>>,
    /// CTEs in scope, innermost last.
    ctes: Vec<CteEntry<'a>>,
    /// How many nodes were copied for aliases.
    copied: usize,
    /// Whether `:name` is a value that comes later.
    takes_parameters: bool,
}

impl<'a> Resolver<'a> {
    fn new(text: &'a str, catalog: &'a Catalog, dialect: Dialect) -> Self {
        Resolver {
            catalog,
            dialect,
            text,
            diagnostics: vec![],
            next_source: 0,
            scopes: vec![],
            ctes: vec![],
            copied: 0,
            takes_parameters: false,
        }
    }
}

impl Resolver<'_> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, span, message));
    }

    fn warn(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(code, span, message));
    }

    /// Makes the errors noted since then warnings.
    fn downgrade(&mut self, noted: usize) {
        for diagnostic in &mut self.diagnostics[noted..] {
            diagnostic.severity = diagnostic.severity.max(Severity::Warning);
        }
    }

    fn new_source(&mut self) -> SourceId {
        let id = SourceId(self.next_source);
        self.next_source = self.next_source.saturating_add(1);
        id
    }

    /// What the schema is called in which the catalog's tables stand.
    fn own_schema(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "public",
            Dialect::SqlServer => "dbo",
            _ => "main",
        }
    }

    fn text_of(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// What stands in the tree for something that means nothing.
fn unknown(text: &str, span: Span) -> Expr {
    Expr { kind: ExprKind::Unknown(text.to_owned()), span }
}

/// The plain name of an expression, if it is one.
fn plain_name(expr: &ast::Expr) -> Option<&ast::Name> {
    match &expr.kind {
        ast::ExprKind::Name(names) if names.len() == 1 => names.first(),
        _ => None,
    }
}
