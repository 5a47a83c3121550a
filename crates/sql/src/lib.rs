//! Text to the one query tree and back, and what may be said of a query.
//!
//! Suggested reading order:
//! * [`tree`]: the one typed query tree; [`visit`]: walks over it.
//! * [`ddl`]: a schema script to a catalog.
//! * `syntax`: text to tokens to a syntax tree, by SQLite's grammar; [`dialect`]: reserved words and quotes.
//! * [`mod@resolve`]: names found, the syntax tree to the query tree; [`functions`]: what may be called; [`types`].
//! * [`print`]: the tree as SQL, for people and for machines.
//! * [`mod@translate`]: a query of one engine as a query of another.
//! * [`diagnostic`], [`mod@validate`]: what is to be said of a query, in five layers; [`mod@verify`]: the only way to a query that runs.
//! * [`mod@lineage`]: which columns each output and condition reads.
//! * [`optimise`](mod@optimise): queries that return the same rows in another way.
//! * [`policy`]: what of each table one user may see.
//! * [`reasoning`]: a query in plain words; [`explain`]: as a tree of operators, with pictures; [`features`]: its difficulty, tags and template.
//! * [`date_part`], [`calendar`]: what is said of days as one piece.
//! * [`lexeme`], [`canonical`]: canonical SQL as a closed set of pieces; [`matcher`]: which piece may come next;
//!   [`coverage`]: what of people's queries can be said so.

pub mod affinity;
pub mod bitset;
pub mod calendar;
pub mod canonical;
pub mod coverage;
pub mod date_part;
pub mod ddl;
pub mod diagnostic;
pub mod dialect;
pub mod explain;
pub mod features;
pub mod functions;
pub mod lexeme;
pub mod lineage;
pub mod matcher;
pub mod optimise;
pub mod policy;
pub mod print;
pub mod reasoning;
mod rename;
pub mod resolve;
mod syntax;
#[cfg(test)]
mod testing;
pub mod translate;
pub mod tree;
pub mod types;
pub mod validate;
pub mod verify;
pub mod visit;

pub use diagnostic::{Diagnostic, Layer, Severity};
pub use dialect::Dialect;
pub use lineage::{Lineage, lineage};
pub use policy::verify_for;
pub use resolve::{Parsed, parse};
pub use validate::{Options, Report, validate};
pub use verify::{VerifiedQuery, verify};
