//! MySQL's protocol, as far as reading needs it: login, one statement a message, rows as texts. Neither several statements
//! in one message nor sending of local files is announced to the server, and there is no code for either.
//!
//! Source: MySQL Source Code Documentation, "Client/Server Protocol" (protocol version 10).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Buf;
use sql::Dialect;

use super::facts::Named;
use super::login::{NATIVE, proof};
use super::packet::Packet;
use super::{introspect, run};
use crate::error::OpenError;
use crate::introspect::Live;
use crate::run::{Limits, Rows};
use crate::server::session::{Client as Exchange, Session, Target, Texts};
use crate::server::wire::Wire;
use crate::server::{Kind, Server, ServerError};

/// What we can: long passwords and columns, a database at login, protocol 4.1, transactions, named methods of login.
const ABILITIES: u32 = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
/// The longest packet that is announced.
const LONGEST: u32 = 0xff_ffff;
/// `utf8mb4_general_ci`, until the session says more.
const CHARACTERS: u8 = 45;
/// A statement follows.
const QUERY: u8 = 3;
/// First bytes of answers.
const OK: u8 = 0;
const MORE: u8 = 1;
const LOCAL_FILE: u8 = 0xfb;
const END: u8 = 0xfe;
const ERROR: u8 = 0xff;
/// Time for telling a server to stop.
const FAREWELL: Duration = Duration::from_millis(100);
/// What holds for a session whatever the server's defaults are. Texts keep backslashes as escapes and names stand in
/// backticks, as the printer writes them; quotients keep more digits than four. A text that GROUP_CONCAT has to cut is longer
/// than any row that is read, and warnings tell of one that is cut within an expression.
const SETTINGS: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', div_precision_increment = 12, \
     group_concat_max_len = 16777216, max_error_count = 1024, sql_big_selects = 1",
    "SET SESSION TRANSACTION READ ONLY",
];

/// A connection that is let in.
pub struct Client {
    wire: Wire,
    /// The number by which the server knows this connection.
    number: u64,
    /// Its version; MariaDB's has its name in it.
    pub(super) version: String,
    /// The next packet's place in the exchange.
    sequence: u8,
}

/// A column of a result.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: u8,
    /// 63 for bytes.
    pub(super) characters: u64,
}

/// What arrives of an answer.
pub(super) enum Answer<'a> {
    /// Its columns, before any row.
    Columns(Vec<Field>),
    /// A row: its cells, `None` for NULL.
    Row(Vec<Option<&'a [u8]>>),
}

/// How an answer ended.
pub(super) enum End {
    /// There were no columns.
    Nothing,
    /// After its last row, with so many warnings.
    Whole { warnings: u64 },
    /// Nobody wanted more rows.
    Cut,
}

impl Exchange for Client {
    const KIND: Kind = Kind::MySql;
    const DIALECT: Dialect = Dialect::MySql;

    fn connect(target: &Target, time: Duration) -> Result<Self, ServerError> {
        let mut client = Client::log_in(&target.server, time, &target.stop)?;
        SETTINGS.iter().try_for_each(|sql| client.set(sql))?;
        Ok(client)
    }

    fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    fn abandon(self, target: &Target) {
        // The flag that ended the query must not end this.
        let Ok(mut other) = Client::log_in(&target.server, FAREWELL, &Arc::default()) else { return };
        let _ = other.set(&format!("KILL QUERY {}", self.number));
    }

    fn introspect(session: &Session<Self>) -> Result<Live, OpenError> {
        introspect::introspect(session)
    }

    fn texts(&mut self, sql: &str) -> Result<Texts, ServerError> {
        self.limit()?;
        self.texts_of(sql)
    }

    fn read(&mut self, sql: &str, limits: &Limits) -> Result<Rows, ServerError> {
        run::read(self, sql, limits)
    }

    fn roll_back(&mut self) -> Result<(), ServerError> {
        self.set("ROLLBACK")
    }

    /// What the clocks of MariaDB (1969) and MySQL (3024) say, what a killed statement (1317), and what one that waited too
    /// long for a lock (1205).
    fn is_late(code: &str) -> bool {
        matches!(code, "1969" | "3024" | "1317" | "1205")
    }

    fn quoted(name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }
}

impl Client {
    fn log_in(server: &Server, time: Duration, stop: &Arc<AtomicBool>) -> Result<Self, ServerError> {
        let wire = Wire::connect(server, time, Arc::clone(stop))?;
        let mut client = Client { wire, number: 0, version: String::new(), sequence: 0 };
        let hello = client.packet()?;
        if hello.first() == Some(&ERROR) {
            return Err(client.wire.refused(error_of(&hello).1));
        }
        let hello = Hello::read(&hello).ok_or_else(|| client.wire.nonsense("it greets us in another protocol"))?;
        (client.number, client.version) = (hello.number, hello.version);
        let password = server.password.as_ref().map_or("", |secret| secret.0.as_str());
        // Whatever the server names first may not be what this account has; it then says so.
        let (method, answer) = match proof(&hello.method, password, &hello.challenge) {
            Some(answer) => (hello.method.as_str(), answer),
            None => (NATIVE, vec![]),
        };
        let mut login = Vec::new();
        login.extend_from_slice(&ABILITIES.to_le_bytes());
        login.extend_from_slice(&LONGEST.to_le_bytes());
        login.push(CHARACTERS);
        login.extend_from_slice(&[0; 23]);
        login.extend_from_slice(server.user.as_bytes());
        login.push(0);
        login.push(answer.len() as u8);
        login.extend_from_slice(&answer);
        login.extend_from_slice(server.database.as_bytes());
        login.push(0);
        login.extend_from_slice(method.as_bytes());
        login.push(0);
        client.send(&login)?;
        client.prove(password)?;
        Ok(client)
    }

    /// Answers what the server asks until it lets us in.
    fn prove(&mut self, password: &str) -> Result<(), ServerError> {
        const FAST: [u8; 2] = [MORE, 3];
        const FULL: [u8; 2] = [MORE, 4];
        loop {
            let asked = self.packet()?;
            match asked.first() {
                Some(&OK) => return Ok(()),
                Some(&ERROR) => return Err(self.wire.refused(error_of(&asked).1)),
                Some(&END) => {
                    let mut rest = Packet(&asked[1..]);
                    let method = String::from_utf8_lossy(rest.until_zero()).into_owned();
                    let answer = proof(&method, password, rest.0);
                    let answer = answer.ok_or_else(|| {
                        let what = format!("it wants to be convinced by \"{method}\", which is not known here");
                        self.wire.refused(what)
                    })?;
                    self.send(&answer)?;
                }
                _ if asked == FAST => {}
                // The server does not remember the password; it may be sent where nobody can listen.
                _ if asked == FULL && self.wire.is_local() => {
                    let mut open = password.as_bytes().to_vec();
                    open.push(0);
                    self.send(&open)?;
                }
                _ if asked == FULL => {
                    let what = "it wants the whole password over a connection that is not encrypted; connect through a Unix \
                                socket, or give the account mysql_native_password";
                    return Err(self.wire.refused(what));
                }
                _ => return Err(self.wire.nonsense("an unknown step of its login")),
            }
        }
    }

    /// Asks for the answer to one statement: its columns, then each row as it comes, until `take` has had enough; then the
    /// connection has seen its last question.
    pub(super) fn exchange(&mut self, sql: &str, take: &mut dyn FnMut(Answer<'_>) -> bool) -> Result<End, ServerError> {
        self.sequence = 0;
        let mut message = vec![QUERY];
        message.extend_from_slice(sql.as_bytes());
        self.send(&message)?;
        let head = self.packet()?;
        match head.first() {
            Some(&OK) => return Ok(End::Nothing),
            Some(&ERROR) => return Err(self.refusal(&head)),
            Some(&LOCAL_FILE) => return Err(self.wire.nonsense("it asks for a file of this machine")),
            _ => {}
        }
        let count = Packet(&head).length().ok_or_else(|| self.wire.nonsense("a result without columns"))?;
        let mut fields = Vec::new();
        for _ in 0..count {
            let packet = self.packet()?;
            fields.push(Field::read(&packet).ok_or_else(|| self.wire.nonsense("a column that is cut"))?);
        }
        self.packet()?;
        let width = fields.len();
        take(Answer::Columns(fields));
        loop {
            let packet = self.packet()?;
            match packet.first() {
                Some(&ERROR) => return Err(self.refusal(&packet)),
                Some(&END) if packet.len() < 9 => {
                    return Ok(End::Whole { warnings: Packet(&packet[1..]).number(2).unwrap_or_default() });
                }
                _ => {
                    let cells = Packet(&packet).cells(width);
                    if !take(Answer::Row(cells.ok_or_else(|| self.wire.nonsense("a row that is cut"))?)) {
                        self.wire.is_cut = true;
                        return Ok(End::Cut);
                    }
                }
            }
        }
    }

    /// A statement without an answer.
    pub(super) fn set(&mut self, sql: &str) -> Result<(), ServerError> {
        if self.wire.is_cut {
            return Ok(());
        }
        self.exchange(sql, &mut |_| true).map(drop)
    }

    /// The server's own clock for the statements that follow, which alone ends a recursive query: MariaDB would stop it after a
    /// number of rounds and call what it has the answer.
    pub(super) fn limit(&mut self) -> Result<(), ServerError> {
        let time = self.server_time();
        let lock = time.as_secs().max(1);
        let clock = match self.is_mariadb() {
            true => format!(
                "max_statement_time = {:.3}, max_recursive_iterations = {}",
                time.as_secs_f64().max(0.001),
                u32::MAX
            ),
            false => format!("max_execution_time = {}, cte_max_recursion_depth = 100000", time.as_millis().max(1)),
        };
        self.set(&format!("SET SESSION {clock}, lock_wait_timeout = {lock}, innodb_lock_wait_timeout = {lock}"))
    }

    /// The rows of an answer.
    pub(super) fn texts_of(&mut self, sql: &str) -> Result<Texts, ServerError> {
        let mut rows = Vec::new();
        self.exchange(sql, &mut |answer| {
            if let Answer::Row(cells) = answer {
                rows.push(cells.into_iter().map(text).collect());
            }
            true
        })?;
        Ok(rows)
    }

    /// Whether the server is MariaDB.
    pub(super) fn is_mariadb(&self) -> bool {
        self.version.to_ascii_lowercase().contains("mariadb")
    }

    /// The rows of an answer by the names of its columns.
    pub(super) fn named(&mut self, sql: &str, rows: &mut Vec<Named>) -> Result<(), ServerError> {
        let mut names: Vec<String> = Vec::new();
        self.exchange(sql, &mut |answer| {
            match answer {
                Answer::Columns(fields) => names = fields.into_iter().map(|field| field.name).collect(),
                Answer::Row(cells) => rows.push(names.iter().cloned().zip(cells.into_iter().map(text)).collect()),
            }
            true
        })?;
        Ok(())
    }

    /// What an error says of a statement, or of the connection: that the server stops, or has ended it.
    fn refusal(&self, packet: &[u8]) -> ServerError {
        let (code, message) = error_of(packet);
        match code.as_str() {
            "1053" | "1080" | "1927" | "4031" => self.wire.lost(message),
            _ => ServerError::Statement { code, message },
        }
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), ServerError> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        if length >= LONGEST {
            return Err(ServerError::TooLong { size: payload.len() as u64, limit: LONGEST.into() });
        }
        let mut packet = length.to_le_bytes()[..3].to_vec();
        packet.push(self.sequence);
        packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.wire.send(&packet)
    }

    fn packet(&mut self) -> Result<Vec<u8>, ServerError> {
        const HEADER: usize = 4;
        self.wire.fill_to(HEADER)?;
        let header = Packet(&self.wire.arrived[..HEADER]).number(3).unwrap_or_default();
        let sequence = self.wire.arrived[HEADER - 1];
        let length = header as usize;
        if header >= u64::from(LONGEST) {
            return Err(ServerError::TooLong { size: header, limit: LONGEST.into() });
        }
        if sequence != self.sequence {
            return Err(self.wire.nonsense("packets out of order"));
        }
        self.sequence = sequence.wrapping_add(1);
        self.wire.fill_to(HEADER + length)?;
        self.wire.arrived.advance(HEADER);
        Ok(self.wire.arrived.split_to(length).to_vec())
    }
}

/// The server's first packet.
struct Hello {
    version: String,
    number: u64,
    challenge: Vec<u8>,
    method: String,
}

impl Hello {
    fn read(packet: &[u8]) -> Option<Self> {
        const PROTOCOL: u64 = 10;
        /// Abilities in two halves, characters and status.
        const MIDDLE: usize = 7;
        const RESERVED: usize = 10;
        let mut packet = Packet(packet);
        if packet.number(1)? != PROTOCOL {
            return None;
        }
        let version = String::from_utf8_lossy(packet.until_zero()).into_owned();
        let number = packet.number(4)?;
        let mut challenge = packet.bytes(8)?.to_vec();
        packet.bytes(1 + MIDDLE)?;
        let length = packet.number(1)? as usize;
        packet.bytes(RESERVED)?;
        let rest = packet.bytes(length.saturating_sub(8).max(13))?;
        challenge.extend_from_slice(rest.strip_suffix(&[0]).unwrap_or(rest));
        let method = String::from_utf8_lossy(packet.until_zero()).into_owned();
        Some(Hello { version, number, challenge, method })
    }
}

impl Field {
    fn read(packet: &[u8]) -> Option<Self> {
        let mut packet = Packet(packet);
        for _ in ["catalog", "schema", "table", "original table"] {
            packet.counted()?;
        }
        let name = String::from_utf8_lossy(packet.counted()?).into_owned();
        packet.counted()?;
        packet.length()?;
        let characters = packet.number(2)?;
        packet.bytes(4)?;
        Some(Field { name, ty: packet.number(1)? as u8, characters })
    }
}

/// A cell as text.
fn text(cell: Option<&[u8]>) -> Option<String> {
    cell.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// The number and the words of an error; SQLSTATE stands between them behind a "#".
fn error_of(packet: &[u8]) -> (String, String) {
    let mut packet = Packet(packet.get(1..).unwrap_or_default());
    let code = packet.number(2).unwrap_or_default().to_string();
    if packet.0.first() == Some(&b'#') {
        packet.bytes(6);
    }
    (code, String::from_utf8_lossy(packet.0).into_owned())
}
