//! SQL for the other engines: a tree that means the same in their words, or a refusal that names what they cannot say.
//!
//! A tree means what SQLite makes of it. [`emit`] first *lowers* it: wherever an engine would make something else of the
//! same words, the tree is rewritten until it does not, and where no rewriting is known it is refused as [`Unsayable`]. Then
//! the one printer writes the lowered tree. What engines merely spell differently is data:
//!
//! * `functions`: pieces of meaning (`@days`, `@concat`, …) with the words of each engine, one line each.
//! * `words`: the words that each engine reserves, its quotes and its literals.
//! * `traits`: yes and no of each engine: which NULLs come first, whether a condition is a value, how rows are limited.
//!
//! What has to be looked at in context is code, one file a subject: `query` (limits, sources, outputs), `with`, `sets`,
//! `groups`, `order`, `value` (expressions as values), `condition` (truth, comparisons), `pattern`, `dates`, `calls` (functions,
//! aggregates, windows).
//!
//! The rows are taken to be stored as the catalog declares them: days as DATE, moments as TIMESTAMP (DATETIME, DATETIME2),
//! numbers with a point as DECIMAL or double, truth as BOOLEAN (TINYINT, BIT, NUMBER(1)). What remains of SQLite then, and is
//! kept: NULLs come first, texts are compared and ordered by their codes ([`Texts`]), division by zero is NULL, a subquery of
//! several rows is its first, months overflow into the next. What cannot be kept, and is therefore known to differ:
//!
//! * Decimals of a CTE divided by each other: SQLite divides those that happen to be whole as integers. Where the columns of
//!   tables themselves are divided so, that is seen and refused.
//! * ROUND at an exact half: SQLite rounds the binary number, which lies a little beside it, the others the decimal one
//!   (`glrl bench dialects --rows` counts such queries by themselves).
//! * UPPER, LOWER and LIKE beyond ASCII follow the engine; blanks at the end of a text do not count in comparisons of SQL
//!   Server, and of MySQL under most collations; lists longer than `group_concat_max_len` are cut by MySQL.
//!
//! * Sessions of Oracle are taken to compare and order texts by their codes, which is their default (NLS_COMP, NLS_SORT).
//!
//! MySQL stands for MySQL 8.0.31 and MariaDB 10.6 and later: what is written is what both read. SQL Server is 2022 (LEAST,
//! IS DISTINCT FROM), Oracle 19c, the release with long support; it has no BOOLEAN, and no empty texts.

mod calls;
mod condition;
mod dates;
mod functions;
mod groups;
mod order;
mod pattern;
mod query;
mod sets;
#[cfg(test)]
mod tests;
mod traits;
mod value;
mod with;
mod words;

use std::collections::{HashMap, HashSet};
use std::fmt;

use schema::{Catalog, TableId};

use super::{Printer, Style, names};
use crate::affinity::coerce_literals;
use crate::dialect::Dialect;
use crate::rename::rename_ctes;
use crate::tree::{Expr, ExprKind, Query, SourceId, SourceKind, Span};
use crate::types::Types;
use crate::visit::each_select;

pub(super) use functions::spelling;
pub(super) use traits::{Limits, Traits, traits};
pub(super) use words::literal;
pub use words::name;

/// How texts are compared and ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Texts {
    /// By their characters' codes, as SQLite does, whatever the server's collations: said wherever it matters.
    #[default]
    ByCode,
    /// As the server's own collations have it.
    AsServer,
}

/// How names are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Names {
    /// The tables were created by names without quotes, whose letter case the engine forgets.
    #[default]
    Plain,
    /// The catalog spells names exactly as the server keeps them.
    Exact,
}

/// What is written for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Target {
    /// The engine.
    pub dialect: Dialect,
    /// How texts are compared and ordered.
    pub texts: Texts,
    /// How names are written.
    pub names: Names,
}

impl From<Dialect> for Target {
    fn from(dialect: Dialect) -> Self {
        Target { dialect, ..Target::default() }
    }
}

/// What an engine cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Construct {
    /// A function that it does not have, or not with this meaning.
    Function(String),
    /// An operator that it does not have.
    Operator(&'static str),
    /// A column beside aggregates that is neither grouped by nor settled by what is.
    BareColumn(String),
    /// FULL JOIN.
    FullJoin,
    /// Several values compared at once.
    RowValue,
    /// A date modifier or format that has no counterpart.
    DateFormat(String),
    /// A text that would have to be read as a day or a moment.
    TextAsDay,
    /// Values of several types in one column or comparison.
    MixedTypes,
    /// A decimal number written as a text.
    RealAsText,
    /// Decimals divided by each other, of which SQLite divides those that are whole as integers.
    WholeDecimals,
    /// Oracle takes an empty text for NULL.
    EmptyText,
    /// DISTINCT with an order by what is not shown.
    HiddenOrder,
    /// A frame of a window.
    Frame(String),
    /// LIMIT by what is no plain number.
    ComputedLimit,
    /// A WITH that refers to itself in a way that it does not know.
    Recursion,
    /// SQLite's row id of a table without a whole key.
    RowId,
    /// A type that CAST names.
    Type(String),
    /// A collation.
    Collation(String),
    /// A pattern.
    Pattern,
    /// A name that means nothing.
    Unknown(String),
    /// A parameter.
    Parameter(String),
    /// ALL behind INTERSECT or EXCEPT.
    SetAll,
    /// GROUP BY a constant.
    ConstantGroup,
}

impl fmt::Display for Construct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Construct::Function(name) => write!(f, "the function {name} as it stands"),
            Construct::Operator(symbol) => write!(f, "the operator {symbol}"),
            Construct::BareColumn(name) => write!(f, "the column {name}, which is neither grouped by nor aggregated"),
            Construct::FullJoin => f.write_str("FULL JOIN"),
            Construct::RowValue => f.write_str("a row of several values"),
            Construct::DateFormat(text) => write!(f, "the date format or modifier '{text}'"),
            Construct::TextAsDay => f.write_str("a text that is read as a day, whatever stands in it"),
            Construct::MixedTypes => f.write_str("values of several types in one column or comparison"),
            Construct::RealAsText => f.write_str("a decimal number as SQLite writes it as a text"),
            Construct::WholeDecimals => {
                f.write_str("a quotient of decimals that is a whole number where both are (multiply by 1.0 first)")
            }
            Construct::EmptyText => f.write_str("an empty text, which it takes for NULL"),
            Construct::HiddenOrder => f.write_str("DISTINCT with an order by what is not shown"),
            Construct::Frame(text) => write!(f, "the window frame {text}"),
            Construct::ComputedLimit => f.write_str("a LIMIT that is no plain number"),
            Construct::Recursion => f.write_str("this kind of recursive WITH"),
            Construct::RowId => f.write_str("the row id of a table without a whole key"),
            Construct::Type(name) => write!(f, "a CAST to {name} as SQLite understands it"),
            Construct::Collation(name) => write!(f, "the collation {name}"),
            Construct::Pattern => f.write_str("this pattern"),
            Construct::Unknown(name) => write!(f, "{name}, which means nothing"),
            Construct::Parameter(name) => write!(f, "the parameter :{name}"),
            Construct::SetAll => f.write_str("ALL behind INTERSECT or EXCEPT"),
            Construct::ConstantGroup => f.write_str("GROUP BY a constant"),
        }
    }
}

/// What cannot be said in an engine's SQL, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot say {construct}", dialect.title())]
pub struct Unsayable {
    /// The engine.
    pub dialect: Dialect,
    /// What it cannot say.
    pub construct: Construct,
    /// Where it stood.
    pub span: Span,
}

type Lowered<T> = Result<T, Unsayable>;

/// A query as SQL of an engine, for reading, with the meaning it has in SQLite.
///
/// # Errors
/// When that engine cannot say the same.
pub fn emit(query: &Query, catalog: &Catalog, target: impl Into<Target>) -> Result<String, Unsayable> {
    let target = target.into();
    if target.dialect == Dialect::Sqlite {
        return Ok(super::readable(query, catalog));
    }
    let mut query = query.clone();
    coerce_literals(&mut query, catalog);
    // A CTE that has a table's name would hide the table, which elsewhere goes by no other name.
    let tables: HashSet<String> = catalog.tables.iter().map(|table| table.name.to_lowercase()).collect();
    rename_ctes(&mut query, &tables);
    names::settle_outputs(&mut query);
    let lowered = lower(&query, catalog, target)?;
    Ok(super::print_for(&lowered, catalog, Style::Readable, target))
}

fn lower(query: &Query, catalog: &Catalog, target: Target) -> Lowered<Query> {
    let (mut tables, mut ctes_of) = (HashMap::new(), HashMap::new());
    each_select(query, &mut |select| {
        tables.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
        ctes_of.extend(select.from.iter().filter_map(|source| match &source.kind {
            SourceKind::Cte { name, .. } => Some((source.id, name.to_lowercase())),
            _ => None,
        }));
    });
    let mut lowering = Lowering {
        catalog,
        tables,
        ctes_of,
        target,
        traits: traits(target.dialect),
        types: Types::of(query, catalog),
        naming: Printer::new(catalog, Style::Readable, Target::default(), query),
        levels: vec![],
        plain_months: vec![],
    };
    lowering.query(query, query::Place::Top)
}

/// A query level that is being lowered.
#[derive(Default)]
struct Level {
    /// What rows are grouped by, outputs written out.
    grouped: Vec<Expr>,
}

/// A tree on its way to another engine.
struct Lowering<'a> {
    catalog: &'a Catalog,
    /// The tables that sources are.
    tables: HashMap<SourceId, TableId>,
    /// The names, in lower case, of the CTEs that sources are.
    ctes_of: HashMap<SourceId, String>,
    target: Target,
    traits: &'static Traits,
    types: Types,
    /// Gives outputs the names that they have in SQLite's text, whatever becomes of them.
    naming: Printer<'a>,
    levels: Vec<Level>,
    /// CTEs whose days all stand in every month.
    plain_months: Vec<String>,
}

impl Lowering<'_> {
    fn refuse<T>(&self, construct: Construct, span: Span) -> Lowered<T> {
        Err(Unsayable { dialect: self.target.dialect, construct, span })
    }

    /// A call of a piece of meaning; a refusal where the engine has none.
    fn piece(&self, name: &'static str, args: Vec<Expr>, span: Span) -> Lowered<Expr> {
        if spelling(name, self.target.dialect).is_none() {
            return self.refuse(Construct::Function(name.trim_start_matches('@').to_owned()), span);
        }
        Ok(piece(name, args))
    }
}

/// A call of a piece of meaning that every engine has.
fn piece(name: &'static str, args: Vec<Expr>) -> Expr {
    let mut call = Expr::call("", args);
    if let ExprKind::Call(call) = &mut call.kind {
        name.clone_into(&mut call.function);
    }
    call
}
