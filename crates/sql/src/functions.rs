//! The functions a query may call: names, argument counts and kinds, as SQLite 3.50 and later has them.

/// What a function computes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// One row.
    Scalar,
    /// A group of rows, or a window with OVER.
    Aggregate,
    /// A window only.
    Window,
}

/// One function, or one of two that share a name (`MIN` of a group and of several values).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// In upper case.
    pub name: &'static str,
    /// Fewest arguments.
    pub min_args: u8,
    /// Most arguments.
    pub max_args: u8,
    /// What it computes over.
    pub kind: FunctionKind,
    /// Whether a query may call it: it has no effect, reads no file and makes no huge value out of nothing.
    pub allowed: bool,
    /// Whether the same arguments always give the same value.
    pub pure: bool,
}

/// Any number of arguments.
const ANY: u8 = u8::MAX;

const fn scalar(name: &'static str, min_args: u8, max_args: u8) -> Function {
    Function { name, min_args, max_args, kind: FunctionKind::Scalar, allowed: true, pure: true }
}

const fn clock(name: &'static str, min_args: u8, max_args: u8) -> Function {
    Function { name, min_args, max_args, kind: FunctionKind::Scalar, allowed: true, pure: false }
}

const fn refused(name: &'static str, min_args: u8, max_args: u8) -> Function {
    Function { name, min_args, max_args, kind: FunctionKind::Scalar, allowed: false, pure: false }
}

const fn aggregate(name: &'static str, min_args: u8, max_args: u8) -> Function {
    Function { name, min_args, max_args, kind: FunctionKind::Aggregate, allowed: true, pure: true }
}

const fn window(name: &'static str, min_args: u8, max_args: u8) -> Function {
    Function { name, min_args, max_args, kind: FunctionKind::Window, allowed: true, pure: true }
}

/// The functions that are called by their name alone: brackets behind it are an error of syntax.
pub const CLOCK_WORDS: [&str; 3] = ["CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_TIME"];

/// Every function known, allowed or not.
pub const FUNCTIONS: &[Function] = &[
    aggregate("AVG", 1, 1),
    aggregate("COUNT", 0, 1),
    aggregate("GROUP_CONCAT", 1, 2),
    aggregate("JSON_GROUP_ARRAY", 1, 1),
    aggregate("JSON_GROUP_OBJECT", 2, 2),
    aggregate("JSONB_GROUP_ARRAY", 1, 1),
    aggregate("JSONB_GROUP_OBJECT", 2, 2),
    aggregate("MAX", 1, 1),
    aggregate("MIN", 1, 1),
    aggregate("STRING_AGG", 2, 2),
    aggregate("SUM", 1, 1),
    aggregate("TOTAL", 1, 1),
    window("CUME_DIST", 0, 0),
    window("DENSE_RANK", 0, 0),
    window("FIRST_VALUE", 1, 1),
    window("LAG", 1, 3),
    window("LAST_VALUE", 1, 1),
    window("LEAD", 1, 3),
    window("NTH_VALUE", 2, 2),
    window("NTILE", 1, 1),
    window("PERCENT_RANK", 0, 0),
    window("RANK", 0, 0),
    window("ROW_NUMBER", 0, 0),
    scalar("ABS", 1, 1),
    scalar("CHAR", 0, ANY),
    scalar("COALESCE", 2, ANY),
    scalar("CONCAT", 1, ANY),
    scalar("CONCAT_WS", 2, ANY),
    clock("CURRENT_DATE", 0, 0),
    clock("CURRENT_TIME", 0, 0),
    clock("CURRENT_TIMESTAMP", 0, 0),
    clock("DATE", 0, ANY),
    clock("DATETIME", 0, ANY),
    scalar("FORMAT", 0, ANY),
    scalar("GLOB", 2, 2),
    scalar("HEX", 1, 1),
    scalar("IF", 2, ANY),
    scalar("IFNULL", 2, 2),
    scalar("IIF", 2, ANY),
    scalar("INSTR", 2, 2),
    scalar("JSON", 1, 1),
    scalar("JSONB", 1, 1),
    scalar("JSON_ARRAY", 0, ANY),
    scalar("JSON_ARRAY_LENGTH", 1, 2),
    scalar("JSON_EXTRACT", 0, ANY),
    scalar("JSON_OBJECT", 0, ANY),
    scalar("JSON_QUOTE", 1, 1),
    scalar("JSON_TYPE", 1, 2),
    scalar("JSON_VALID", 1, 2),
    clock("JULIANDAY", 0, ANY),
    scalar("LENGTH", 1, 1),
    scalar("LIKE", 2, 3),
    scalar("LIKELIHOOD", 2, 2),
    scalar("LIKELY", 1, 1),
    scalar("LOWER", 1, 1),
    scalar("LTRIM", 1, 2),
    scalar("MAX", 2, ANY),
    scalar("MIN", 2, ANY),
    scalar("NULLIF", 2, 2),
    scalar("OCTET_LENGTH", 1, 1),
    scalar("PRINTF", 0, ANY),
    scalar("QUOTE", 1, 1),
    scalar("REPLACE", 3, 3),
    scalar("ROUND", 1, 2),
    scalar("RTRIM", 1, 2),
    scalar("SIGN", 1, 1),
    scalar("SOUNDEX", 1, 1),
    clock("STRFTIME", 0, ANY),
    scalar("SUBSTR", 2, 3),
    scalar("SUBSTRING", 2, 3),
    clock("TIME", 0, ANY),
    clock("TIMEDIFF", 2, 2),
    scalar("TRIM", 1, 2),
    scalar("TYPEOF", 1, 1),
    scalar("UNICODE", 1, 1),
    clock("UNIXEPOCH", 0, ANY),
    scalar("UNLIKELY", 1, 1),
    scalar("UPPER", 1, 1),
    refused("BM25", 0, ANY),
    refused("CHANGES", 0, 0),
    refused("FTS3_TOKENIZER", 1, 2),
    refused("FTS5", 1, 1),
    refused("FTS5_GET_LOCALE", 0, ANY),
    refused("FTS5_INSTTOKEN", 1, 1),
    refused("FTS5_LOCALE", 2, 2),
    refused("FTS5_SOURCE_ID", 0, 0),
    refused("HIGHLIGHT", 0, ANY),
    refused("JSON_ARRAY_INSERT", 0, ANY),
    refused("JSON_ERROR_POSITION", 1, 1),
    refused("JSON_INSERT", 0, ANY),
    refused("JSON_PATCH", 2, 2),
    refused("JSON_PRETTY", 1, 2),
    refused("JSON_REMOVE", 0, ANY),
    refused("JSON_REPLACE", 0, ANY),
    refused("JSON_SET", 0, ANY),
    refused("JSONB_ARRAY", 0, ANY),
    refused("JSONB_ARRAY_INSERT", 0, ANY),
    refused("JSONB_EXTRACT", 0, ANY),
    refused("JSONB_INSERT", 0, ANY),
    refused("JSONB_OBJECT", 0, ANY),
    refused("JSONB_PATCH", 2, 2),
    refused("JSONB_REMOVE", 0, ANY),
    refused("JSONB_REPLACE", 0, ANY),
    refused("JSONB_SET", 0, ANY),
    refused("LAST_INSERT_ROWID", 0, 0),
    refused("LOAD_EXTENSION", 1, 2),
    refused("MATCH", 2, 2),
    refused("MATCHINFO", 1, 2),
    refused("OFFSETS", 1, 1),
    refused("OPTIMIZE", 1, 1),
    refused("RANDOM", 0, 0),
    refused("RANDOMBLOB", 1, 1),
    refused("RTREECHECK", 0, ANY),
    refused("RTREEDEPTH", 1, 1),
    refused("RTREENODE", 2, 2),
    refused("SNIPPET", 0, ANY),
    refused("SQLITE_COMPILEOPTION_GET", 1, 1),
    refused("SQLITE_COMPILEOPTION_USED", 1, 1),
    refused("SQLITE_LOG", 2, 2),
    refused("SQLITE_SOURCE_ID", 0, 0),
    refused("SQLITE_VERSION", 0, 0),
    refused("SUBTYPE", 1, 1),
    refused("TOTAL_CHANGES", 0, 0),
    refused("UNHEX", 1, 2),
    refused("UNISTR", 1, 1),
    refused("UNISTR_QUOTE", 1, 1),
    refused("ZEROBLOB", 1, 1),
];

/// The function that a call with so many arguments means; the name is matched without letter case.
pub fn find(name: &str, args: usize) -> Option<&'static Function> {
    named(name).find(|f| args >= f.min_args as usize && (f.max_args == ANY || args <= f.max_args as usize))
}

/// All functions of a name.
pub fn named(name: &str) -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().filter(move |f| f.name.eq_ignore_ascii_case(name))
}

/// Functions of the other engines, beside SQLite's, that compute and do nothing else.
#[rustfmt::skip]
const OTHER_DIALECTS: [&str; 55] = [
    "ARRAY_AGG", "BOOL_AND", "BOOL_OR", "CEIL", "CEILING", "CHARINDEX", "CHAR_LENGTH", "CURDATE", "DATEDIFF", "DATE_ADD",
    "DATE_FORMAT", "DATE_PART", "DATE_SUB", "DATE_TRUNC", "DAY", "EXP", "EXTRACT", "FLOOR", "GETDATE", "GETUTCDATE", "GREATEST",
    "INITCAP", "INTERVAL", "ISNULL", "LEAST", "LEFT", "LEN", "LISTAGG", "LN", "LPAD", "MOD", "MODE", "MONTH", "NOW", "NVL",
    "PERCENTILE_CONT", "PERCENTILE_DISC", "POSITION", "POWER", "RIGHT", "RPAD", "SPLIT_PART", "SQRT", "STDDEV", "STRPOS", "SYSDATE",
    "SYSTIMESTAMP", "TO_CHAR", "TO_DATE", "TO_NUMBER", "TRUNC", "UTC_DATE", "UTC_TIMESTAMP", "VARIANCE", "YEAR",
];

/// Those of them that make one value of many rows.
const OTHER_AGGREGATES: [&str; 9] =
    ["ARRAY_AGG", "BOOL_AND", "BOOL_OR", "LISTAGG", "MODE", "PERCENTILE_CONT", "PERCENTILE_DISC", "STDDEV", "VARIANCE"];

/// Whether a function makes one value of many rows, in SQLite or elsewhere.
pub fn groups(name: &str, args: usize) -> bool {
    find(name, args).is_some_and(|f| f.kind == FunctionKind::Aggregate) || OTHER_AGGREGATES.contains(&name)
}

/// Whether a name is a harmless function of a dialect that is not SQLite.
pub fn in_other_dialects(name: &str, dialect: crate::dialect::Dialect) -> bool {
    dialect != crate::dialect::Dialect::Sqlite && OTHER_DIALECTS.iter().any(|f| f.eq_ignore_ascii_case(name))
}
