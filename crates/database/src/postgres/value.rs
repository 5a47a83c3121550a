//! The server's texts to values as SQLite has them: numbers as numbers, truth as 1 and 0, days and moments as texts.

use schema::Value;

use crate::server::number;

/// Identifiers of built-in types (PostgreSQL 15, `pg_type.dat`), with their names.
const TYPES: [(u32, &str, Kind); 22] = [
    (16, "boolean", Kind::Truth),
    (17, "bytea", Kind::Bytes),
    (20, "bigint", Kind::Number),
    (21, "smallint", Kind::Number),
    (23, "integer", Kind::Number),
    (25, "text", Kind::Text),
    (26, "oid", Kind::Number),
    (114, "json", Kind::Text),
    (700, "real", Kind::Number),
    (701, "double precision", Kind::Number),
    (790, "money", Kind::Text),
    (1042, "character", Kind::Padded),
    (1043, "character varying", Kind::Text),
    (1082, "date", Kind::Text),
    (1083, "time", Kind::Text),
    (1114, "timestamp", Kind::Text),
    (1184, "timestamp with time zone", Kind::Moment),
    (1186, "interval", Kind::Text),
    (1266, "time with time zone", Kind::Text),
    (1700, "numeric", Kind::Number),
    (2950, "uuid", Kind::Text),
    (3802, "jsonb", Kind::Text),
];

#[derive(Clone, Copy)]
enum Kind {
    Truth,
    Bytes,
    Number,
    /// Filled with spaces that mean nothing.
    Padded,
    /// In UTC, which is said behind it.
    Moment,
    Text,
}

/// The name of a built-in type.
pub(super) fn type_name(ty: u32) -> Option<&'static str> {
    TYPES.iter().find(|(known, ..)| *known == ty).map(|(_, name, _)| *name)
}

/// A cell of a type; what is neither number, truth nor bytes stays the text that the server writes.
pub(super) fn value(cell: Option<&[u8]>, ty: u32) -> Value {
    let Some(bytes) = cell else { return Value::Null };
    let text = || String::from_utf8_lossy(bytes);
    let kind = TYPES.iter().find(|(known, ..)| *known == ty).map_or(Kind::Text, |(.., kind)| *kind);
    match kind {
        Kind::Truth => Value::Integer((bytes == b"t").into()),
        Kind::Bytes => from_hex(bytes).map_or_else(|| Value::Text(text().into_owned()), Value::Blob),
        Kind::Number => number(&text()),
        Kind::Padded => Value::Text(text().trim_end_matches(' ').to_owned()),
        Kind::Moment => Value::Text(text().trim_end_matches("+00").to_owned()),
        Kind::Text => Value::Text(text().into_owned()),
    }
}

/// `\x00ff` to bytes.
fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.strip_prefix(b"\\x")?.chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values() {
        let of = |text: &str, ty| value(Some(text.as_bytes()), ty);
        assert_eq!(of("t", 16), Value::Integer(1));
        assert_eq!(of("\\x00fF", 17), Value::Blob(vec![0, 255]));
        assert_eq!(of("-12", 20), Value::Integer(-12));
        assert_eq!(of("12.50", 1700), Value::Real(12.5));
        assert_eq!(of("12345678901234567890", 1700), Value::Real(12_345_678_901_234_567_890.0));
        assert_eq!(of("NaN", 1700), Value::Text("NaN".to_owned()));
        assert_eq!(of("-Infinity", 701), Value::Text("-Inf".to_owned()));
        assert_eq!(of("ab  ", 1042), Value::Text("ab".to_owned()));
        assert_eq!(of("2026-11-20 10:00:00+00", 1184), Value::Text("2026-11-20 10:00:00".to_owned()));
        assert_eq!(of("{1,2}", 1007), Value::Text("{1,2}".to_owned()));
        assert_eq!(value(None, 25), Value::Null);
    }
}
