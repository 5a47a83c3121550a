//! Text to the one query tree and back, and what may be said of a query.

pub mod bitset;
pub mod canonical;
pub mod ddl;
pub mod diagnostic;
pub mod dialect;
pub mod features;
pub mod functions;
pub mod lexeme;
pub mod matcher;
pub mod print;
pub mod reasoning;
pub mod resolve;
mod syntax;
pub mod tree;
pub mod types;
pub mod validate;
pub mod verify;
pub mod visit;

pub use diagnostic::{Diagnostic, Layer, Severity};
pub use dialect::Dialect;
pub use resolve::{Parsed, parse};
pub use validate::{Options, Report, validate};
pub use verify::{VerifiedQuery, verify};
