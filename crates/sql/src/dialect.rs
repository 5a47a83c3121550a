//! The engines whose SQL is read and written: which words are reserved and how names are quoted.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An engine's SQL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// SQLite, whose rules are followed exactly.
    #[default]
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQL Server, of whose Transact-SQL a subset is read.
    SqlServer,
    /// Oracle, of whose SQL a subset is read.
    Oracle,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 5] =
        [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql, Dialect::SqlServer, Dialect::Oracle];

    /// As it is named on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
            Dialect::MySql => "mysql",
            Dialect::SqlServer => "sqlserver",
            Dialect::Oracle => "oracle",
        }
    }

    /// As its makers write it.
    pub fn title(self) -> &'static str {
        match self {
            Dialect::Sqlite => "SQLite",
            Dialect::Postgres => "PostgreSQL",
            Dialect::MySql => "MySQL",
            Dialect::SqlServer => "SQL Server",
            Dialect::Oracle => "Oracle",
        }
    }

    /// The dialect of this name among those whose SQL is checked and whose definitions are read; of the others a subset of
    /// queries is read, to be translated.
    ///
    /// # Errors
    /// When the name means another dialect, or none.
    pub fn checked(name: &str) -> Result<Self, UnknownDialect> {
        let known: Dialect = name.parse()?;
        match known {
            Dialect::Sqlite | Dialect::Postgres | Dialect::MySql => Ok(known),
            Dialect::SqlServer | Dialect::Oracle => Err(UnknownDialect::Unchecked(known.title())),
        }
    }
}

/// A dialect's name that means nothing here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDialect {
    /// No engine has this name.
    #[error("unknown dialect \"{0}\": sqlite, postgres, mysql, sqlserver and oracle are known")]
    Unknown(String),
    /// The engine's SQL is not checked.
    #[error("the SQL of {0} is only translated: sqlite, postgres and mysql are checked")]
    Unchecked(&'static str),
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        match name.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => Ok(Dialect::Sqlite),
            "postgres" | "postgresql" => Ok(Dialect::Postgres),
            "mysql" | "mariadb" => Ok(Dialect::MySql),
            "sqlserver" | "mssql" | "tsql" => Ok(Dialect::SqlServer),
            "oracle" => Ok(Dialect::Oracle),
            _ => Err(UnknownDialect::Unknown(name.to_owned())),
        }
    }
}

/// Words that cannot be names in SQLite unless quoted.
const RESERVED: [&str; 58] = [
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "AUTOINCREMENT",
    "BETWEEN",
    "CASE",
    "CHECK",
    "COLLATE",
    "COMMIT",
    "CONSTRAINT",
    "CREATE",
    "DEFAULT",
    "DEFERRABLE",
    "DELETE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FOREIGN",
    "FROM",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LIMIT",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
];

/// Words that SQLite reads as names where a keyword would not fit; we quote them all the same.
const AWKWARD: [&str; 53] = [
    "ABORT",
    "ACTION",
    "ANALYZE",
    "ASC",
    "ATTACH",
    "BEGIN",
    "BY",
    "CAST",
    "COLUMN",
    "CROSS",
    "CURRENT",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "DATABASE",
    "DESC",
    "DETACH",
    "DO",
    "END",
    "EXCLUDE",
    "EXPLAIN",
    "FALSE",
    "FILTER",
    "FOR",
    "FULL",
    "GLOB",
    "IF",
    "INDEXED",
    "INNER",
    "KEY",
    "LEFT",
    "LIKE",
    "MATCH",
    "NATURAL",
    "NO",
    "NULLS",
    "OF",
    "OFFSET",
    "OUTER",
    "OVER",
    "PARTITION",
    "PRAGMA",
    "RAISE",
    "RANGE",
    "RECURSIVE",
    "REGEXP",
    "REPLACE",
    "RIGHT",
    "ROW",
    "ROWS",
    "TRUE",
    "WINDOW",
    "WITH",
];

/// Whether a bare word can never be a name.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
}

/// Whether a name must be quoted to be read back as a name everywhere.
pub(crate) fn needs_quotes(name: &str) -> bool {
    let mut chars = name.chars();
    // A byte order mark before a word is passed over as if it were a space.
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii() && c != '\u{feff}';
    let start_ok = chars.next().is_some_and(is_start);
    let rest_ok = chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii());
    !start_ok || !rest_ok || is_reserved(name) || AWKWARD.iter().any(|w| w.eq_ignore_ascii_case(name))
}

/// The name as it must be written: quoted only when needed.
pub fn quote_name(name: &str) -> String {
    if needs_quotes(name) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
}

/// A text as a literal.
pub fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
