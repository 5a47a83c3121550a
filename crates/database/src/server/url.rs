//! A URL to what a connection needs: `postgres://user:password@host:port/database?schema=name`.

mod parts;

use std::fmt;
use std::path::PathBuf;

use self::parts::{Parts, Split};

/// Which protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

impl Kind {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Postgres => "PostgreSQL",
            Kind::MySql => "MySQL",
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Kind::Postgres => "postgres",
            Kind::MySql => "mysql",
        }
    }

    fn port(self) -> u16 {
        match self {
            Kind::Postgres => 5432,
            Kind::MySql => 3306,
        }
    }

    /// The variables that name host, port, user, password and database where the URL does not.
    fn variables(self) -> [&'static str; 5] {
        match self {
            Kind::Postgres => ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"],
            Kind::MySql => ["MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_USER", "MYSQL_PWD", "MYSQL_DATABASE"],
        }
    }
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A host, by name or number, and a port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// A server, and who asks it for what. Shown without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The protocol.
    pub kind: Kind,
    /// Where it listens.
    pub address: Address,
    /// The role or account.
    pub user: String,
    pub(crate) password: Option<Secret>,
    /// The database.
    pub database: String,
    /// The schema whose tables are read; a MySQL database is its own.
    pub schema: String,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.address {
            Address::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp(host, port) => format!("{host}:{port}"),
            Address::Unix(path) => path.display().to_string(),
        };
        write!(f, "{}://{}@{place}/{}", self.kind.scheme(), self.user, self.database)
    }
}

/// Why a URL names no server. The URL itself is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// A part is not as it has to be.
    #[error(
        "the database URL has {what}; it is written postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mysql://…"
    )]
    Malformed {
        /// Which part, and what is wrong with it.
        what: String,
    },
    /// A parameter that means nothing here.
    #[error("the database URL has an unknown parameter \"{name}\": {known} are known")]
    Parameter {
        /// The parameter.
        name: String,
        /// Those that are read.
        known: &'static str,
    },
    /// Encryption is asked for, which is not there yet.
    #[error(
        "{name}={value} asks for an encrypted connection, which this program cannot make yet; connect through a Unix socket or a tunnel (ssh -L), and say {name}=disable"
    )]
    Encrypted {
        /// The parameter.
        name: String,
        /// What it says.
        value: String,
    },
}

/// The schemes of servers.
const SCHEMES: [(&str, Kind); 4] = [
    ("postgres://", Kind::Postgres),
    ("postgresql://", Kind::Postgres),
    ("mysql://", Kind::MySql),
    ("mariadb://", Kind::MySql),
];

/// The kind of server that a text is the URL of, if it is one.
pub fn kind_of(text: &str) -> Option<Kind> {
    let matches = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    SCHEMES.iter().find(|(scheme, _)| matches(scheme)).map(|(_, kind)| *kind)
}

/// Whether a text is meant as a URL of a server, a known one or not: such may hold a password, and is no path.
pub fn is_url(text: &str) -> bool {
    let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
    let is_known = SCHEMES.iter().any(|(known, _)| known.trim_end_matches("://").eq_ignore_ascii_case(scheme));
    let is_file = ["file", "sqlite"].iter().any(|own| own.eq_ignore_ascii_case(scheme));
    !rest.is_empty() && !is_file && (is_known || rest.starts_with("//"))
}

/// A URL without its password, for those who print where a setting came to. Of one that cannot be read, nobody can tell where
/// its password stands: nothing but the scheme is shown.
pub fn without_password(text: &str) -> String {
    if !is_url(text) {
        return text.to_owned();
    }
    match Split::of(text).and_then(|split| Parts::of(&split).map(|_| split)) {
        Ok(split) => split.without_password(),
        Err(_) => format!("{}:***", text.split(':').next().unwrap_or_default()),
    }
}

impl Server {
    /// Reads a URL; what it leaves open comes from the engine's own variables, then from the engine's defaults.
    ///
    /// # Errors
    /// When it is malformed, or asks for what is not known.
    pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, UrlError> {
        let split = Split::of(text)?;
        Parts::of(&split)?.finish(split.kind, variable)
    }
}

fn malformed(what: impl Into<String>) -> UrlError {
    UrlError::Malformed { what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    fn parse(text: &str) -> Result<Server, UrlError> {
        Server::parse(text, &none)
    }

    #[test]
    fn a_url_is_read_in_full() {
        let server = parse("postgresql://an%40n:p%3Aw%2F@db.example:5433/sales?schema=Books%20a").expect("a URL");
        assert_eq!(server.address, Address::Tcp("db.example".to_owned(), 5433));
        let password = server.password.as_ref().map(|secret| secret.0.as_str());
        let named = (server.user.as_str(), password, server.database.as_str(), server.schema.as_str());
        assert_eq!(named, ("an@n", Some("p:w/"), "sales", "Books a"));
        assert_eq!(server.to_string(), "postgres://an@n@db.example:5433/sales");
        let server = parse("mysql://ann@[::1]/sales").expect("a URL");
        assert_eq!(server.address, Address::Tcp("::1".to_owned(), 3306));
        assert_eq!((server.schema.as_str(), server.to_string().as_str()), ("sales", "mysql://ann@[::1]:3306/sales"));
        let server = parse("postgres://ann@/sales?host=/run/pg&port=6000").expect("a URL");
        assert_eq!(server.address, Address::Unix("/run/pg/.s.PGSQL.6000".into()));
        let server = parse("mariadb://ann@/sales?socket=/run/my.sock").expect("a URL");
        assert_eq!(server.address, Address::Unix("/run/my.sock".into()));
    }

    #[test]
    fn variables_fill_what_the_url_leaves_open() {
        let variable = |name: &str| {
            let value = match name {
                "PGHOST" => "pg.example",
                "PGPORT" => "6543",
                "PGUSER" => "bob",
                "PGPASSWORD" => "secret",
                "PGDATABASE" => "books",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let server = Server::parse("postgres://", &variable).expect("a server");
        assert_eq!(server.to_string(), "postgres://bob@pg.example:6543/books");
        assert!(server.password.is_some());
        let server = Server::parse("postgres://ann@here/mine", &variable).expect("a server");
        assert_eq!(server.to_string(), "postgres://ann@here:6543/mine");
    }

    #[test]
    fn what_cannot_be_read_is_said_without_the_password() {
        let bad = [
            "postgres://a:hush/x@h/d",
            "postgres://a:hush?x@h/d",
            "postgres://a:hush#x@h/d",
            "postgres://a:12/hush@h",
            "postgres://a:pass@hush/x@h/d",
            "postgres://a:pass?hush=x@h/d",
            "postgres://a:hush",
            "postgres://a@h/d?port=hush",
            "mysql://a:hush@h/d?schema=x",
            "postgres://a:hush@h:port/d",
            "postgres://a:hush@h/d?x=hush2",
            "postgres://a@h/d?password=pw&hush",
            "mysql://a@h/d?p%61ssword=pw&hu%73h=1&schema=s",
            "postgres://a:hush%4@h/d",
            "postgres://a:hush@[::1/d",
            "postgres://a:hush@h/d?sslmode=require",
            "mysql://a:hush@h/d?ssl-mode=VERIFY_CA",
            "mysql://a:hush@h",
            "postgres://:hush@h/d",
            "postgres:/a:hush@h/d",
            "oracle://a:hush@h/d",
        ];
        for url in bad {
            assert!(is_url(url), "{url}");
            let error = parse(url).expect_err(url);
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }

    #[test]
    fn what_has_to_be_escaped_is_said() {
        for url in ["postgres://ann:12/34@h", "mysql://ann:hush?x@h/d", "mysql://ann:hush#x@h/d"] {
            let error = parse(url).expect_err(url).to_string();
            assert!(error.contains("/ is written %2F, ? %3F, # %23"), "{error}");
        }
        let server = parse("postgres://ann:1%2F2%3F3%234@h/d").expect("a URL");
        assert_eq!(server.password.map(|secret| secret.0).as_deref(), Some("1/2?3#4"));
        let error = parse("postgres://ann@h/d?password=hu&sh").expect_err("no parameter").to_string();
        assert!(error.contains("& is written %26") && !error.contains("\"sh\""), "{error}");
        let server = parse("postgres://ann@h/d?password=hu%26sh").expect("a URL");
        assert_eq!(server.password.map(|secret| secret.0).as_deref(), Some("hu&sh"));
        let error = parse("postgres://ann:hush@h/d?shema=s").expect_err("no parameter").to_string();
        assert!(error.contains("unknown parameter \"shema\""), "{error}");
        let error = parse("postgres://ann:hush").expect_err("no port").to_string();
        assert!(error.contains("a port that is no number"), "{error}");
    }

    #[test]
    fn mysql_has_no_schema() {
        let error = parse("mysql://ann@h/sales?schema=hr").expect_err("a schema").to_string();
        assert!(error.contains("a schema, which MySQL has not"), "{error}");
        assert_eq!(parse("postgres://ann@h/sales?schema=hr").map(|server| server.schema).as_deref(), Ok("hr"));
    }

    #[test]
    fn no_password_is_shown() {
        let url = "postgres://a:hush@h/d?password=hush&schema=s";
        assert_eq!(without_password(url), "postgres://a:***@h/d?password=***&schema=s");
        assert_eq!(without_password("some:file@place.sqlite"), "some:file@place.sqlite");
        assert_eq!(without_password("mysql://host"), "mysql://host");
        assert_eq!(without_password("mysql://a:hush@h:1?p%61ssword=hush"), "mysql://a:***@h:1?p%61ssword=***");
        let unread = [
            "postgres://a:hush/x@h/d",
            "postgres://a:hush?w@h/d",
            "postgres://a:hush#w@h/d",
            "postgres://a:hush",
            "postgres://a@h/d?pass=hush",
            "postgres:/a:hush@h/d",
            "postgres:a:hush@h/d",
        ];
        for url in unread {
            assert_eq!(without_password(url), "postgres:***", "{url}");
        }
        assert_eq!(without_password("oracle://a:hush@h/d"), "oracle:***");
        assert!(
            ["some:file@place.sqlite", "C:/data.sqlite", "a.sqlite", "sqlite:///a", "file:x?mode=rwc"]
                .iter()
                .all(|path| !is_url(path))
        );
        let shown = format!("{:?}", parse(url).expect("a URL"));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
