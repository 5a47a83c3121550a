//! The SQL functions a query may call: those that `sql` allows, so that what passes analysis also runs.

/// The JSON operators, which SQLite announces as functions.
const OPERATORS: [&str; 2] = ["->", "->>"];

/// Whether a query may call a function, letter case ignored.
pub fn is_allowed(name: &str) -> bool {
    OPERATORS.contains(&name) || sql::functions::named(name).any(|function| function.allowed)
}
