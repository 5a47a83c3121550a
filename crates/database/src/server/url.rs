//! A URL to what a connection needs: `postgres://user:password@host:port/database?schema=name`.

use std::fmt;
use std::path::PathBuf;

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
/// The parameters that are read.
const PARAMETERS: &str =
    "schema, host, port, user, password, dbname, socket, sslmode, ssl-mode, application_name and connect_timeout";

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

/// A URL without its password, for those who print where a setting came to.
pub fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://").filter(|_| is_url(text)) else {
        return text.to_owned();
    };
    let (front, query) = rest.split_once('?').map_or((rest, None), |(front, query)| (front, Some(query)));
    let front = match front.rsplit_once('@') {
        Some((who, host)) => match who.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => format!("{who}@{host}"),
        },
        None => front.to_owned(),
    };
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    let query = query.map(|query| query.split('&').map(hidden).collect::<Vec<_>>().join("&"));
    format!("{scheme}://{front}{}", query.map(|query| format!("?{query}")).unwrap_or_default())
}

impl Server {
    /// Reads a URL; what it leaves open comes from the engine's own variables, then from the engine's defaults.
    ///
    /// # Errors
    /// When it is malformed, or asks for what is not known.
    pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, UrlError> {
        let kind = kind_of(text).ok_or_else(|| malformed("a scheme that is not read"))?;
        let rest = text.split_once("://").map_or("", |(_, rest)| rest);
        let rest = rest.split('#').next().unwrap_or_default();
        let (front, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = Parts::of(front)?;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parts.set(&decoded(name)?, decoded(value)?)?;
        }
        parts.finish(kind, variable)
    }
}

/// The parts of a URL, as far as they are known.
#[derive(Default)]
struct Parts {
    user: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<String>,
    database: Option<String>,
    schema: Option<String>,
    socket: Option<String>,
    encryption: Option<(String, String)>,
}

impl Parts {
    fn of(front: &str) -> Result<Self, UrlError> {
        let (authority, database) = front.split_once('/').unwrap_or((front, ""));
        let (who, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = who.split_once(':').map_or((who, None), |(user, password)| (user, Some(password)));
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) =
                    rest.split_once(']').ok_or_else(|| malformed("an address with \"[\" and no \"]\""))?;
                (host, after.strip_prefix(':').unwrap_or(after))
            }
            None => place.split_once(':').unwrap_or((place, "")),
        };
        let given = |text: &str| (!text.is_empty()).then(|| decoded(text)).transpose();
        Ok(Parts {
            user: given(user)?,
            password: password.map(decoded).transpose()?,
            host: given(host)?,
            port: given(port)?,
            database: given(database)?,
            ..Parts::default()
        })
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), UrlError> {
        match name {
            "schema" => self.schema = Some(value),
            "host" => self.host = Some(value),
            "port" => self.port = Some(value),
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "dbname" => self.database = Some(value),
            "socket" => self.socket = Some(value),
            "sslmode" | "ssl-mode" => self.encryption = Some((name.to_owned(), value)),
            // Ours are fixed: who asks is named, and connecting counts towards the deadline.
            "application_name" | "connect_timeout" => {}
            _ => return Err(UrlError::Parameter { name: name.to_owned(), known: PARAMETERS }),
        }
        Ok(())
    }

    fn finish(self, kind: Kind, variable: &dyn Fn(&str) -> Option<String>) -> Result<Server, UrlError> {
        let [host, port, user, password, database] = kind.variables();
        let or = |given: Option<String>, name| given.or_else(|| variable(name).filter(|value| !value.is_empty()));
        let encryption = self.encryption.or_else(|| {
            let mode = (kind == Kind::Postgres).then(|| variable("PGSSLMODE")).flatten();
            mode.map(|mode| ("PGSSLMODE".to_owned(), mode))
        });
        if let Some((name, value)) = encryption
            && !matches!(
                value.to_ascii_lowercase().as_str(),
                "" | "disable" | "disabled" | "allow" | "prefer" | "preferred"
            )
        {
            return Err(UrlError::Encrypted { name, value });
        }
        let port = match or(self.port, port) {
            Some(port) => port.parse().map_err(|_| malformed(format!("the port \"{port}\"")))?,
            None => kind.port(),
        };
        let host = or(self.host, host).unwrap_or_else(|| "localhost".to_owned());
        let address = match self.socket {
            Some(socket) => Address::Unix(socket.into()),
            // As libpq has it, a host that is a path is the folder of the socket.
            None if host.starts_with('/') && kind == Kind::Postgres => {
                Address::Unix(PathBuf::from(host).join(format!(".s.PGSQL.{port}")))
            }
            None if host.starts_with('/') => Address::Unix(host.into()),
            None => Address::Tcp(host, port),
        };
        let or_login = |user: Option<String>| user.or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
        let user = or_login(or(self.user, user)).ok_or_else(|| malformed("no user"))?;
        let database = match (or(self.database, database), kind) {
            (Some(database), _) => database,
            (None, Kind::Postgres) => user.clone(),
            (None, Kind::MySql) => return Err(malformed("no database")),
        };
        let schema = match kind {
            Kind::Postgres => self.schema.unwrap_or_else(|| "public".to_owned()),
            Kind::MySql => self.schema.unwrap_or_else(|| database.clone()),
        };
        if [&user, &database, &schema].iter().any(|name| name.contains('\0')) {
            return Err(malformed("a zero byte"));
        }
        Ok(Server { kind, address, user, password: or(self.password, password).map(Secret), database, schema })
    }
}

fn malformed(what: impl Into<String>) -> UrlError {
    UrlError::Malformed { what: what.into() }
}

/// A part with its `%41` read.
fn decoded(text: &str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = || {
            let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            u8::from_str_radix(digits, 16).ok()
        };
        match first {
            b'%' => {
                bytes.push(
                    escaped().ok_or_else(|| malformed("a \"%\" that no two digits follow (a plain one is %25)"))?,
                );
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| malformed("bytes that are no text"))
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
            "postgres://a:hush@h:port/d",
            "postgres://a:hush@h/d?x=hush2",
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
    fn no_password_is_shown() {
        let url = "postgres://a:hush@h/d?password=hush&schema=s";
        assert_eq!(without_password(url), "postgres://a:***@h/d?password=***&schema=s");
        assert_eq!(without_password("some:file@place.sqlite"), "some:file@place.sqlite");
        assert_eq!(without_password("mysql://hush"), "mysql://hush");
        assert!(
            ["some:file@place.sqlite", "C:/data.sqlite", "a.sqlite", "sqlite:///a", "file:x?mode=rwc"]
                .iter()
                .all(|path| !is_url(path))
        );
        let shown = format!("{:?}", parse(url).expect("a URL"));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
