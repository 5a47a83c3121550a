//! What a declared type means to us.

use schema::Type;

/// Parts of a declared type's name and what they say, first match wins.
const PARTS: [(&str, Type); 28] = [
    ("bool", Type::Boolean),
    ("timestamp", Type::Timestamp),
    ("datetime", Type::Timestamp),
    ("smalldate", Type::Timestamp),
    ("date", Type::Date),
    ("interval", Type::Text),
    ("point", Type::Unknown),
    ("int", Type::Integer),
    ("serial", Type::Integer),
    ("year", Type::Integer),
    ("char", Type::Text),
    ("clob", Type::Text),
    ("text", Type::Text),
    ("string", Type::Text),
    ("uuid", Type::Text),
    ("json", Type::Text),
    ("enum", Type::Text),
    ("time", Type::Text),
    ("blob", Type::Blob),
    ("binary", Type::Blob),
    ("bytea", Type::Blob),
    ("real", Type::Real),
    ("floa", Type::Real),
    ("doub", Type::Real),
    ("dec", Type::Real),
    ("num", Type::Real),
    ("money", Type::Real),
    ("bit", Type::Boolean),
];

/// What a declared type such as `DECIMAL(15,2)` means to us.
pub fn type_of_declared(declared: &str) -> Type {
    let name = declared.split('(').next().unwrap_or("").to_ascii_lowercase();
    PARTS.iter().find(|(part, _)| name.contains(part)).map_or(Type::Unknown, |(_, ty)| *ty)
}
