//! PostgreSQL's protocol 3.0, as far as reading needs it: start, authentication, one statement at a time in the extended
//! form, cancelling. Texts come as texts.
//!
//! Source: PostgreSQL 15, "Frontend/Backend Protocol" (chapter 55). Message layouts and SCRAM are `postgres-protocol`'s.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{DataRowBody, ErrorFields, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use sql::Dialect;

use super::{introspect, run};
use crate::error::OpenError;
use crate::introspect::Live;
use crate::run::{Limits, Rows};
use crate::server::session::{Client as Exchange, Session, Target, Texts};
use crate::server::wire::Wire;
use crate::server::{Kind, Server, ServerError};

/// What a session starts with. Whoever changes a server's defaults changes none of these.
const PARAMETERS: [(&str, &str); 9] = [
    ("application_name", "glrl"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("standard_conforming_strings", "on"),
    ("default_transaction_read_only", "on"),
];
/// Time for telling a server to stop.
const FAREWELL: Duration = Duration::from_millis(100);
/// The object identifier of type `text`.
const TEXT: u32 = 25;

/// A connection that is let in.
pub struct Client {
    wire: Wire,
    process: i32,
    key: i32,
    /// Where queries look for names: the system's own come first, temporary tables last.
    pub(super) path: String,
}

/// A column of a result: its name and the identifier of its type.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: u32,
}

/// What arrives of an answer.
pub(super) enum Answer<'a> {
    /// Its columns, before any row.
    Columns(Vec<Field>),
    /// A row: its cells, `None` for NULL.
    Row(Vec<Option<&'a [u8]>>),
}

/// One statement with the values of its `$1`, `$2`, …
#[derive(Clone)]
pub(super) struct Statement<'a> {
    pub(super) sql: &'a str,
    pub(super) values: Vec<Option<&'a str>>,
    /// Types of the values; those left out are the server's guess.
    pub(super) types: Vec<u32>,
    /// Rows wanted; 0 for all.
    pub(super) most: i32,
}

impl<'a> Statement<'a> {
    /// A statement without values.
    pub(super) fn plain(sql: &'a str) -> Self {
        Statement { sql, values: vec![], types: vec![], most: 0 }
    }

    /// A statement with texts for values.
    pub(super) fn with(sql: &'a str, values: &[&'a str]) -> Self {
        let values: Vec<Option<&str>> = values.iter().map(|value| Some(*value)).collect();
        Statement { sql, types: vec![TEXT; values.len()], values, most: 0 }
    }
}

impl Exchange for Client {
    const KIND: Kind = Kind::Postgres;
    const DIALECT: Dialect = Dialect::Postgres;

    fn connect(target: &Target, time: Duration) -> Result<Self, ServerError> {
        let server = &target.server;
        let wire = Wire::connect(server, time, Arc::clone(&target.stop))?;
        let path = format!("pg_catalog, {}, pg_temp", Self::quoted(&server.schema));
        let mut client = Client { wire, process: 0, key: 0, path };
        let login = [("user", server.user.as_str()), ("database", server.database.as_str())];
        let mut out = BytesMut::new();
        let written = frontend::startup_message(login.into_iter().chain(PARAMETERS), &mut out);
        client.send(&out, written)?;
        client.log_in(server)?;
        Ok(client)
    }

    fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    fn abandon(self, target: &Target) {
        // The flag that ended the query must not end this.
        let Ok(mut wire) = Wire::connect(&target.server, FAREWELL, Arc::default()) else { return };
        let mut out = BytesMut::new();
        frontend::cancel_request(self.process, self.key, &mut out);
        let _ = wire.send(&out);
    }

    fn introspect(session: &Session<Self>) -> Result<Live, OpenError> {
        introspect::introspect(session)
    }

    fn texts(&mut self, sql: &str) -> Result<Texts, ServerError> {
        self.texts_with(sql, &[])
    }

    fn read(&mut self, sql: &str, limits: &Limits) -> Result<Rows, ServerError> {
        run::read(self, sql, limits)
    }

    fn roll_back(&mut self) -> Result<(), ServerError> {
        if self.wire.is_cut {
            return Ok(());
        }
        self.exchange(&[Statement::plain("ROLLBACK")], &mut |_| true)
    }

    /// `57014`: a statement that the server's clock, or a cancel request, has stopped; `55P03`: a lock waited for too long.
    fn is_late(code: &str) -> bool {
        matches!(code, "57014" | "55P03")
    }

    fn quoted(name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

impl Client {
    /// Answers the server's questions until it is ready.
    fn log_in(&mut self, server: &Server) -> Result<(), ServerError> {
        let mut scram = None;
        loop {
            match self.message()? {
                Message::ReadyForQuery(_) => return Ok(()),
                Message::BackendKeyData(body) => (self.process, self.key) = (body.process_id(), body.secret_key()),
                Message::ErrorResponse(body) => return Err(self.wire.refused(error_of(body.fields()).1)),
                Message::AuthenticationOk | Message::ParameterStatus(_) | Message::NoticeResponse(_) => {}
                asked => {
                    let answer = self.prove(server, &asked, &mut scram)?;
                    self.wire.send(&answer)?;
                }
            }
        }
    }

    /// What proves the password in the way that the server asks for; nothing where it has proved itself.
    fn prove(
        &self,
        server: &Server,
        asked: &Message,
        scram: &mut Option<ScramSha256>,
    ) -> Result<BytesMut, ServerError> {
        let mut out = BytesMut::new();
        let password = || match &server.password {
            Some(secret) => Ok(secret.0.as_bytes()),
            None => Err(self.wire.refused("it asks for a password and none was given")),
        };
        let early = || self.wire.nonsense("SCRAM goes on before it began");
        let written = match asked {
            Message::AuthenticationCleartextPassword if self.wire.is_local() => {
                frontend::password_message(password()?, &mut out)
            }
            Message::AuthenticationCleartextPassword => {
                let what = "it asks for the password in clear text, which is not sent over a network";
                return Err(self.wire.refused(what));
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(server.user.as_bytes(), password()?, body.salt());
                frontend::password_message(hash.as_bytes(), &mut out)
            }
            Message::AuthenticationSasl(body) => {
                let known =
                    body.mechanisms().any(|name| Ok(name == SCRAM_SHA_256)).map_err(|e| self.wire.nonsense(e))?;
                if !known {
                    return Err(self.wire.refused("it offers no SCRAM-SHA-256"));
                }
                let begun = scram.insert(ScramSha256::new(password()?, ChannelBinding::unsupported()));
                frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), &mut out)
            }
            Message::AuthenticationSaslContinue(body) => {
                let begun = scram.as_mut().ok_or_else(early)?;
                begun.update(body.data()).map_err(|e| self.wire.nonsense(e))?;
                frontend::sasl_response(begun.message(), &mut out)
            }
            Message::AuthenticationSaslFinal(body) => {
                let begun = scram.as_mut().ok_or_else(early)?;
                begun.finish(body.data()).map_err(|e| self.wire.refused(e))?;
                Ok(())
            }
            _ => return Err(self.wire.refused("it wants a kind of authentication that is not known here")),
        };
        written.map_err(|e| self.wire.nonsense(e))?;
        Ok(out)
    }

    /// Sends some statements in one go and takes the answer of the last: its columns, then each row as it comes, until
    /// `take` has had enough: then the connection has seen its last question. What fails, fails the rest.
    pub(super) fn exchange(
        &mut self,
        statements: &[Statement<'_>],
        take: &mut dyn FnMut(Answer<'_>) -> bool,
    ) -> Result<(), ServerError> {
        let mut out = BytesMut::new();
        let written = statements.iter().try_for_each(|statement| write(statement, &mut out));
        frontend::sync(&mut out);
        self.send(&out, written)?;
        let (mut ended, mut failed, mut width) = (0, None, 0);
        loop {
            let is_last = ended + 1 == statements.len();
            match self.message()? {
                Message::RowDescription(body) if is_last => {
                    let fields = fields(&body).map_err(|e| self.wire.nonsense(e))?;
                    width = fields.len();
                    take(Answer::Columns(fields));
                }
                Message::DataRow(row) if is_last => {
                    let cells = cells(&row, width);
                    if !take(Answer::Row(cells.ok_or_else(|| self.wire.nonsense("a row that is cut"))?)) {
                        self.wire.is_cut = true;
                        return Ok(());
                    }
                }
                Message::CommandComplete(_) | Message::PortalSuspended | Message::EmptyQueryResponse => ended += 1,
                Message::ErrorResponse(body) => {
                    let (code, message) = error_of(body.fields());
                    failed.get_or_insert(ServerError::Statement { code, message });
                }
                Message::ReadyForQuery(_) => return failed.map_or(Ok(()), Err),
                // What COPY would start is never asked for; a server that starts it is not one to talk to.
                Message::CopyInResponse(_) | Message::CopyOutResponse(_) => {
                    return Err(self.wire.nonsense("it starts to copy"));
                }
                _ => {}
            }
        }
    }

    /// The rows of one of this program's own questions, asked with values.
    pub(super) fn texts_with(&mut self, sql: &str, values: &[&str]) -> Result<Texts, ServerError> {
        self.texts_after(&[Statement::plain("SET LOCAL search_path = pg_catalog")], sql, values)
    }

    /// The rows of a question after other statements, within a transaction that can only read.
    pub(super) fn texts_after(
        &mut self,
        before: &[Statement<'_>],
        sql: &str,
        values: &[&str],
    ) -> Result<Texts, ServerError> {
        let milliseconds = self.server_time().as_millis().to_string();
        let limit = "SELECT pg_catalog.set_config('statement_timeout', $1, true)";
        let mut statements = vec![Statement::plain("BEGIN READ ONLY"), Statement::with(limit, &[&milliseconds])];
        statements.extend_from_slice(before);
        statements.push(Statement::with(sql, values));
        let mut rows = Vec::new();
        let outcome = self.exchange(&statements, &mut |answer| {
            if let Answer::Row(cells) = answer {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                rows.push(cells.into_iter().map(|cell| cell.map(text)).collect());
            }
            true
        });
        if outcome.as_ref().err().is_none_or(ServerError::leaves_connection) {
            self.roll_back()?;
        }
        outcome.map(|()| rows)
    }

    fn send(&mut self, out: &[u8], written: io::Result<()>) -> Result<(), ServerError> {
        written.map_err(|e| ServerError::Statement { code: "08P01".to_owned(), message: e.to_string() })?;
        self.wire.send(out)
    }

    fn message(&mut self) -> Result<Message, ServerError> {
        const HEADER: usize = 5;
        self.wire.fill_to(HEADER)?;
        let length = self.wire.arrived[1..HEADER].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        self.wire.fill_to(length + 1)?;
        let parsed = Message::parse(&mut self.wire.arrived).map_err(|e| self.wire.nonsense(e))?;
        parsed.ok_or_else(|| self.wire.nonsense("a message shorter than it says"))
    }
}

/// Parse, bind, describe, execute: the extended form, of which one message holds one statement.
fn write(statement: &Statement<'_>, out: &mut BytesMut) -> io::Result<()> {
    const TEXTS: i16 = 0;
    frontend::parse("", statement.sql, statement.types.iter().copied(), out)?;
    let values = statement.values.iter().copied();
    let serialise = |value: Option<&str>, buffer: &mut BytesMut| {
        let Some(text) = value else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    };
    let bound = frontend::bind("", "", [TEXTS], values, serialise, [TEXTS], out);
    bound.map_err(|_| io::Error::other("a value that cannot be sent"))?;
    frontend::describe(b'P', "", out)?;
    frontend::execute("", statement.most, out)
}

fn fields(body: &RowDescriptionBody) -> io::Result<Vec<Field>> {
    body.fields().map(|field| Ok(Field { name: field.name().to_owned(), ty: field.type_oid() })).collect()
}

/// The cells of a row of so many columns, `None` for NULL; no row where it has others or ends early.
fn cells(row: &DataRowBody, width: usize) -> Option<Vec<Option<&[u8]>>> {
    let buffer = row.buffer();
    let ranges: Vec<_> = row.ranges().collect().ok()?;
    let cell = |range: Option<Range<usize>>| match range {
        Some(range) => buffer.get(range).map(Some),
        None => Some(None),
    };
    ranges.into_iter().map(cell).collect::<Option<Vec<_>>>().filter(|cells| cells.len() == width)
}

/// SQLSTATE and the server's words.
fn error_of(mut fields: ErrorFields<'_>) -> (String, String) {
    let (mut code, mut message) = (String::new(), String::new());
    while let Ok(Some(field)) = fields.next() {
        let text = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => code = text(),
            b'M' => message = text(),
            _ => {}
        }
    }
    (code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of so many cells, as the server sends it, with these bytes behind the number.
    fn row(count: u16, bytes: &[u8]) -> DataRowBody {
        let mut message = BytesMut::from(&b"D"[..]);
        message.extend_from_slice(&(bytes.len() as i32 + 6).to_be_bytes());
        message.extend_from_slice(&count.to_be_bytes());
        message.extend_from_slice(bytes);
        match Message::parse(&mut message) {
            Ok(Some(Message::DataRow(row))) => row,
            _ => panic!("no row"),
        }
    }

    #[test]
    fn a_damaged_row_is_none() {
        let bytes = [0, 0, 0, 1, b'a', 255, 255, 255, 255, 0, 0, 0, 0];
        assert_eq!(cells(&row(3, &bytes), 3), Some(vec![Some(&b"a"[..]), None, Some(&b""[..])]));
        assert_eq!(cells(&row(3, &bytes), 2), None);
        assert_eq!(cells(&row(4, &bytes), 4), None);
        assert_eq!(cells(&row(2, &bytes), 2), None);
        assert_eq!(cells(&row(1, &[0, 0, 0, 9, b'a']), 1), None);
        assert_eq!(cells(&row(1, &[0, 0]), 1), None);
    }
}
