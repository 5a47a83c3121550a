//! Text to the one query tree and back, and what may be said of a query.

pub mod bitset;
pub mod ddl;
pub mod dialect;
pub mod lexeme;
pub mod matcher;
pub mod print;
mod syntax;
pub mod tree;
pub mod visit;
