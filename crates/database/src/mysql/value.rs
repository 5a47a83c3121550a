//! The server's texts to values as SQLite has them: numbers as numbers, days and moments as texts.

use schema::Value;

use super::client::Field;
use crate::server::number;

/// Types of the protocol with their names (MySQL Source Code Documentation, `enum_field_types`).
const TYPES: [(u8, &str); 21] = [
    (0, "decimal"),
    (1, "tinyint"),
    (2, "smallint"),
    (3, "int"),
    (4, "float"),
    (5, "double"),
    (7, "timestamp"),
    (8, "bigint"),
    (9, "mediumint"),
    (10, "date"),
    (11, "time"),
    (12, "datetime"),
    (13, "year"),
    (15, "varchar"),
    (16, "bit"),
    (245, "json"),
    (246, "decimal"),
    (247, "enum"),
    (252, "text"),
    (253, "varchar"),
    (254, "char"),
];
const NUMBERS: [u8; 10] = [0, 1, 2, 3, 4, 5, 8, 9, 13, 246];
const BIT: u8 = 16;
/// Types whose values are texts, or bytes where their character set is that of bytes.
const TEXTS: std::ops::RangeInclusive<u8> = 249..=254;
const VARCHAR: u8 = 15;
const BYTES: u64 = 63;

/// The name of a type.
pub(super) fn type_name(field: &Field) -> Option<&'static str> {
    TYPES.iter().find(|(ty, _)| *ty == field.ty).map(|(_, name)| *name)
}

/// A cell of a column; what is neither number nor bytes stays the text that the server writes.
pub(super) fn value(cell: Option<&[u8]>, field: (u8, u64)) -> Value {
    let Some(bytes) = cell else { return Value::Null };
    match field {
        (ty, _) if NUMBERS.contains(&ty) => number(&String::from_utf8_lossy(bytes)),
        (BIT, _) if bytes.len() < 8 => {
            Value::Integer(bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte)))
        }
        (BIT, _) => Value::Blob(bytes.to_vec()),
        (ty, BYTES) if ty == VARCHAR || TEXTS.contains(&ty) => Value::Blob(bytes.to_vec()),
        _ => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values() {
        let of = |text: &[u8], ty, characters| value(Some(text), (ty, characters));
        assert_eq!(of(b"12.50", 246, 63), Value::Real(12.5));
        assert_eq!(of(b"-3", 8, 63), Value::Integer(-3));
        assert_eq!(of(&[1, 0], 16, 63), Value::Integer(256));
        assert_eq!(of(&[255], 252, 63), Value::Blob(vec![255]));
        assert_eq!(of("é".as_bytes(), 253, 45), Value::Text("é".to_owned()));
        assert_eq!(of(b"2026-11-20", 10, 63), Value::Text("2026-11-20".to_owned()));
        assert_eq!(value(None, (253, 45)), Value::Null);
    }
}
