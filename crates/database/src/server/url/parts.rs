//! The text of a URL to its parts, and these to a server.

use std::path::PathBuf;

use super::{Address, Kind, Secret, Server, UrlError, kind_of, malformed};

/// The parameter whose value is not shown.
const PASSWORD: &str = "password";
/// The parameters that are read.
const PARAMETERS: &str =
    "schema, host, port, user, password, dbname, socket, sslmode, ssl-mode, application_name and connect_timeout";

/// A URL cut where its marks stand; nothing is decoded yet.
pub(super) struct Split<'a> {
    pub(super) kind: Kind,
    scheme: &'a str,
    /// User and password.
    who: Option<&'a str>,
    /// Host and port.
    place: &'a str,
    database: &'a str,
    query: Option<&'a str>,
}

impl<'a> Split<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self, UrlError> {
        let kind = kind_of(text).ok_or_else(|| malformed("a scheme that is not read"))?;
        let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
        let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if behind.contains('@') {
            let what = "an \"@\" behind its host; of a user or a password, / is written %2F, ? %3F, # %23 and @ %40";
            return Err(malformed(what));
        }
        let behind = behind.split('#').next().unwrap_or_default();
        let (database, query) = behind.split_once('?').map_or((behind, None), |(path, query)| (path, Some(query)));
        let (who, place) = authority.rsplit_once('@').map_or((None, authority), |(who, place)| (Some(who), place));
        let database = database.strip_prefix('/').unwrap_or(database);
        Ok(Split { kind, scheme, who, place, database, query })
    }

    /// Names and values of the query.
    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The whole, with stars for passwords.
    pub(super) fn without_password(&self) -> String {
        let who = self.who.map(|who| match who.split_once(':') {
            Some((user, _)) => format!("{user}:***@"),
            None => format!("{who}@"),
        });
        let hidden = |(name, value)| match is_password(name) {
            true => format!("{name}=***"),
            false => format!("{name}={value}"),
        };
        let query = self.query.map(|_| format!("?{}", self.pairs().map(hidden).collect::<Vec<_>>().join("&")));
        let slash = if self.database.is_empty() { "" } else { "/" };
        let (scheme, place, database) = (self.scheme, self.place, self.database);
        format!("{scheme}://{}{place}{slash}{database}{}", who.unwrap_or_default(), query.unwrap_or_default())
    }
}

/// The parts of a URL, as far as they are known.
#[derive(Default)]
pub(super) struct Parts {
    user: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    schema: Option<String>,
    socket: Option<String>,
    encryption: Option<(String, String)>,
}

impl Parts {
    pub(super) fn of(split: &Split<'_>) -> Result<Self, UrlError> {
        let who = split.who.unwrap_or_default();
        let (user, password) = who.split_once(':').map_or((who, None), |(user, password)| (user, Some(password)));
        let (host, port) = match split.place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) =
                    rest.split_once(']').ok_or_else(|| malformed("an address with \"[\" and no \"]\""))?;
                (host, after.strip_prefix(':').unwrap_or(after))
            }
            None => split.place.split_once(':').unwrap_or((split.place, "")),
        };
        let given = |text: &str| (!text.is_empty()).then(|| decoded(text)).transpose();
        let mut parts = Parts {
            user: given(user)?,
            password: password.map(decoded).transpose()?,
            host: given(host)?,
            port: given(port)?.map(|port| port_of(&port)).transpose()?,
            database: given(split.database)?,
            ..Parts::default()
        };
        let set = split.pairs().try_for_each(|(name, value)| parts.set(&decoded(name)?, decoded(value)?));
        // What has no meaning may be the end of a password with an "&" in it, and is not repeated.
        set.map_err(|error| match error {
            UrlError::Parameter { .. } if split.pairs().any(|(name, _)| is_password(name)) => {
                malformed("an unknown parameter beside its password; of a value, & is written %26")
            }
            error => error,
        })?;
        Ok(parts)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), UrlError> {
        match name {
            "schema" => self.schema = Some(value),
            "host" => self.host = Some(value),
            "port" => self.port = Some(port_of(&value)?),
            "user" => self.user = Some(value),
            PASSWORD => self.password = Some(value),
            "dbname" => self.database = Some(value),
            "socket" => self.socket = Some(value),
            "sslmode" | "ssl-mode" => self.encryption = Some((name.to_owned(), value)),
            // Ours are fixed: who asks is named, and connecting counts towards the deadline.
            "application_name" | "connect_timeout" => {}
            _ => return Err(UrlError::Parameter { name: name.to_owned(), known: PARAMETERS }),
        }
        Ok(())
    }

    /// A server, whose open parts come from variables and defaults.
    pub(super) fn finish(self, kind: Kind, variable: &dyn Fn(&str) -> Option<String>) -> Result<Server, UrlError> {
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
        let port = match (self.port, or(None, port)) {
            (Some(port), _) => port,
            (None, Some(port)) => port_of(&port)?,
            (None, None) => kind.port(),
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
        let schema = match (kind, self.schema) {
            (Kind::Postgres, schema) => schema.unwrap_or_else(|| "public".to_owned()),
            (Kind::MySql, None) => database.clone(),
            (Kind::MySql, Some(_)) => return Err(malformed("a schema, which MySQL has not: name the database alone")),
        };
        if [&user, &database, &schema].iter().any(|name| name.contains('\0')) {
            return Err(malformed("a zero byte"));
        }
        Ok(Server { kind, address, user, password: or(self.password, password).map(Secret), database, schema })
    }
}

/// Whether a parameter of this name is the password.
fn is_password(name: &str) -> bool {
    decoded(name).is_ok_and(|name| name == PASSWORD)
}

/// A port; a text that is none may be part of a password, and is not repeated.
fn port_of(text: &str) -> Result<u16, UrlError> {
    text.parse().map_err(|_| malformed("a port that is no number"))
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
