//! A client of forty lines: one connection, opened anew when it is lost.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// Longer than any deadline of the service.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a client saw of one request; the status is 0 where there was no reply.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) milliseconds: f64,
}

impl Seen {
    /// Whether it was answered, with SQL or without.
    pub(super) fn is_answered(self) -> bool {
        matches!(self.status, 200 | 422 | 424)
    }

    /// Whether it was turned away.
    pub(super) fn is_refused(self) -> bool {
        matches!(self.status, 429 | 503)
    }
}

/// A connection.
pub(super) struct Client {
    to: SocketAddr,
    reader: BufReader<TcpStream>,
}

impl Client {
    pub(super) fn open(to: SocketAddr) -> io::Result<Self> {
        Ok(Client { to, reader: connect(to)? })
    }

    /// Sends a request. A connection that breaks is a reply of status 0, and the next request has a new one.
    pub(super) fn send(&mut self, method: &str, path: &str, body: &Json) -> io::Result<Seen> {
        let started = Instant::now();
        let reply = write(&mut self.reader, method, path, &body.to_string()).and_then(|()| read(&mut self.reader));
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        let status = match reply {
            Ok((status, is_last)) => {
                if is_last {
                    self.reader = connect(self.to)?;
                }
                status
            }
            Err(_) => {
                self.reader = connect(self.to)?;
                0
            }
        };
        Ok(Seen { status, milliseconds })
    }
}

fn connect(to: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

fn write(to: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    to.get_mut().write_all((head + body).as_bytes())
}

/// The status of a reply, and whether the connection closes after it.
pub(super) fn read(from: &mut BufReader<TcpStream>) -> io::Result<(u16, bool)> {
    let (mut status, mut length, mut is_last, mut is_chunked) = (0, 0, false, false);
    loop {
        let line = line(from)?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(0);
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap_or(0);
        }
        is_chunked |= line == "transfer-encoding: chunked";
        is_last |= line == "connection: close";
    }
    if is_chunked {
        while skip_chunk(from)? {}
    } else {
        skip(from, length)?;
    }
    Ok((status, is_last))
}

fn line(from: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match from.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

fn skip(from: &mut BufReader<TcpStream>, bytes: u64) -> io::Result<()> {
    let taken = io::copy(&mut from.take(bytes), &mut io::sink())?;
    if taken == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Whether there is another.
fn skip_chunk(from: &mut BufReader<TcpStream>) -> io::Result<bool> {
    let size = u64::from_str_radix(&line(from)?, 16).map_err(io::Error::other)?;
    skip(from, size + 2)?;
    Ok(size > 0)
}
