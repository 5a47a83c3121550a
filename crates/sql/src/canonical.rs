//! Canonical SQL: one way to write what a tree means, as lexemes and as text.
//!
//! [`lexemes`] normalises a tree (source order, instances, joins over keys, conditions without NOT, literals as slots or
//! constants) and writes it in the closed set of pieces that a compact model predicts; what that set cannot say is a
//! [`NotCanonical`] with the feature's name. [`text`] writes lexemes as SQL that runs. Suggested reading order:
//! * `select`: one query level, clause by clause.
//! * `cte`: CTEs, and derived tables as CTEs.
//! * `calendar`: the recursive CTEs that there are.
//! * `set`: set operations.
//! * `from`: which source stands where, and over which keys.
//! * `condition`: conditions as chains of ANDs and groups of ORs.
//! * `expression`: columns, aggregates, arithmetic and literals.
//! * `label`: CASE beside groups, days between rows.
//! * `branch`: subqueries in a CASE.
//! * `lift`: subqueries that need a join.
//! * `window`: windows, and groups that they read.
//! * `value`: functions of a number.
//! * `texts`: functions of a text.
//! * `text`: lexemes as SQL.

mod branch;
mod calendar;
mod case;
mod condition;
mod cte;
mod expression;
mod from;
mod label;
mod lift;
mod select;
mod set;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod texts;
mod value;
mod window;

use schema::Catalog;
use thiserror::Error;

use crate::lexeme::{Lexeme, Lexicon, TableRef, Word};
use crate::tree::{Expr, Query, SourceId, Span};
pub use text::{Unfilled, fill_from, text};

/// What a canonical form depends on besides the tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct CanonicalOptions<'a> {
    /// The day asked on, `YYYY-MM-DD`: a text literal equal to it is written `<today>`.
    pub today: Option<&'a str>,
}

/// Why a tree has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("canonical SQL has no {feature}")]
pub struct NotCanonical {
    /// What the tree has that canonical SQL has not: "case", "window", "literal 17" …
    pub feature: String,
    /// Where it stood.
    pub span: Span,
}

type Result<T> = std::result::Result<T, NotCanonical>;

/// The canonical form of a tree, ending with [`Word::End`].
///
/// # Errors
/// When the tree has something that lexemes cannot say.
pub fn lexemes(query: &Query, catalog: &Catalog, lexicon: &Lexicon, options: CanonicalOptions) -> Result<Vec<Lexeme>> {
    let mut writer = Writer {
        catalog,
        lexicon,
        today: options.today,
        out: vec![],
        places: vec![],
        scopes: vec![],
        base: 0,
        ctes: vec![],
    };
    let (ctes, query) = cte::hoisted(&lift::lifted(query, catalog))?;
    writer.write_ctes(&ctes)?;
    writer.query(&query, Kind::Top)?;
    writer.word(Word::End);
    Ok(writer.out)
}

/// Why a query level is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The query itself.
    Top,
    /// `cte_1 AS (…)`.
    Cte,
    /// `EXISTS (…)`.
    Exists,
    /// `IN (…)`.
    Member,
    /// One value; whether its enclosing clause is WHERE, where it may be tied to a row.
    Scalar { in_where: bool },
    /// One value in an output, which names its tables as if it stood alone; whether it may be tied to a row.
    Shown { tied: bool },
}

/// Lexemes being written.
struct Writer<'a> {
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
    today: Option<&'a str>,
    out: Vec<Lexeme>,
    /// The use of a table that each source has become, with the depth of its query.
    places: Vec<Place>,
    /// The outputs of each open query, for expressions that name them.
    scopes: Vec<Vec<Expr>>,
    /// The depth from which tables are named afresh.
    base: usize,
    /// The CTEs written so far.
    ctes: Vec<cte::Written>,
}

/// Where a source has come to stand.
#[derive(Debug, Clone, Copy)]
struct Place {
    source: SourceId,
    table: TableRef,
    depth: usize,
}

impl Kind {
    /// Whether it is a query as a whole: the outermost, or a CTE's.
    fn is_whole(self) -> bool {
        matches!(self, Kind::Top | Kind::Cte)
    }

    /// Whether it is one value.
    fn is_value(self) -> bool {
        matches!(self, Kind::Scalar { .. } | Kind::Shown { .. })
    }
}

impl Writer<'_> {
    fn word(&mut self, word: Word) {
        self.out.push(Lexeme::Word(word));
    }

    /// How many queries enclose what is being written, this one included.
    fn depth(&self) -> usize {
        self.scopes.len()
    }

    fn place(&self, source: SourceId) -> Option<Place> {
        self.places.iter().rev().find(|place| place.source == source).copied()
    }
}

fn not_canonical<T>(feature: impl Into<String>, span: Span) -> Result<T> {
    Err(NotCanonical { feature: feature.into(), span })
}
