//! Text to the one query tree and back, and what may be said of a query.

pub mod lexeme;
pub mod tree;
