//! PostgreSQL's protocol 3.0, as far as reading needs it: start, authentication, one statement at a time in the extended
//! form, cancelling. Texts come as texts.
//!
//! Source: PostgreSQL 15, "Frontend/Backend Protocol" (chapter 55). Message layouts and SCRAM are `postgres-protocol`'s.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{DataRowBody, ErrorFields, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;

use super::Texts;
use crate::server::session::Client as Exchange;
use crate::server::wire::Wire;
use crate::server::{Server, ServerError};

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

/// Whom to connect to, and the flag that ends waiting.
pub(super) struct Target {
    pub(super) server: Server,
    pub(super) stop: Arc<AtomicBool>,
}

/// A connection that is let in.
pub(super) struct Client {
    wire: Wire,
    process: i32,
    key: i32,
    /// An answer was not read to its end.
    is_cut: bool,
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
    /// A row.
    Row(&'a DataRowBody),
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
    type Target = Target;

    fn connect(target: &Target, time: Duration) -> Result<Self, ServerError> {
        let server = &target.server;
        let wire = Wire::connect(server, time, Arc::clone(&target.stop))?;
        let mut client = Client { wire, process: 0, key: 0, is_cut: false };
        let login = [("user", server.user.as_str()), ("database", server.database.as_str())];
        let mut out = BytesMut::new();
        let written = frontend::startup_message(login.into_iter().chain(PARAMETERS), &mut out);
        client.send(&out, written)?;
        client.log_in(server)?;
        Ok(client)
    }

    fn still_usable(mut self) -> Option<Self> {
        (!self.is_cut && self.wire.is_quiet()).then_some(self)
    }

    fn arm(&mut self, time: Duration) {
        self.wire.arm(time);
    }

    fn abandon(self, target: &Target) {
        // The flag that ended the query must not end this.
        let Ok(mut wire) = Wire::connect(&target.server, FAREWELL, Arc::default()) else { return };
        let mut out = BytesMut::new();
        frontend::cancel_request(self.process, self.key, &mut out);
        let _ = wire.send(&out);
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
        let (mut ended, mut failed) = (0, None);
        loop {
            let is_last = ended + 1 == statements.len();
            match self.message()? {
                Message::RowDescription(body) if is_last => {
                    take(Answer::Columns(fields(&body).map_err(|e| self.wire.nonsense(e))?));
                }
                Message::DataRow(row) if is_last && !take(Answer::Row(&row)) => {
                    self.is_cut = true;
                    return Ok(());
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

    /// The rows of one of this program's own questions, within a transaction that can only read.
    pub(super) fn texts(&mut self, time: Duration, sql: &str, values: &[&str]) -> Result<Texts, ServerError> {
        self.texts_after(&[Statement::plain("SET LOCAL search_path = pg_catalog")], time, sql, values)
    }

    /// As [`Client::texts`], after other statements within the transaction.
    pub(super) fn texts_after(
        &mut self,
        before: &[Statement<'_>],
        time: Duration,
        sql: &str,
        values: &[&str],
    ) -> Result<Texts, ServerError> {
        let milliseconds = time.as_millis().max(1).to_string();
        let limit = "SELECT pg_catalog.set_config('statement_timeout', $1, true)";
        let mut statements = vec![Statement::plain("BEGIN READ ONLY"), Statement::with(limit, &[&milliseconds])];
        statements.extend_from_slice(before);
        statements.push(Statement::with(sql, values));
        let mut rows = Vec::new();
        let outcome = self.exchange(&statements, &mut |answer| {
            if let Answer::Row(row) = answer {
                rows.push(
                    cells(row).map(|cell| cell.map(|bytes| String::from_utf8_lossy(bytes).into_owned())).collect(),
                );
            }
            true
        });
        if outcome.as_ref().err().is_none_or(ServerError::leaves_connection) {
            self.roll_back()?;
        }
        outcome.map(|()| rows)
    }

    /// Ends the transaction, whatever its state.
    pub(super) fn roll_back(&mut self) -> Result<(), ServerError> {
        if self.is_cut {
            return Ok(());
        }
        self.exchange(&[Statement::plain("ROLLBACK")], &mut |_| true)
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

/// The cells of a row, `None` for NULL.
pub(super) fn cells(row: &DataRowBody) -> impl Iterator<Item = Option<&[u8]>> {
    let buffer = row.buffer();
    row.ranges().iterator().map(|range| range.ok().flatten().and_then(|range| buffer.get(range)))
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
