//! In the layers syntax and schema, a statement is an error if and only if SQLite refuses to prepare it.
