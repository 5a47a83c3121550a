//! A client of the service, one connection that is opened anew when it is lost; and crowds of them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, scope};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// Longer than any deadline of the service.
const PATIENCE: Duration = Duration::from_secs(120);
/// What a client's thread needs; there may be many of them.
const STACK: usize = 256 << 10;

/// What a client saw of one request; the status is 0 where there was no reply.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) milliseconds: f64,
    pub(super) body: Vec<u8>,
}

impl Seen {
    /// Whether it was answered, with SQL or without.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.status, 200 | 422 | 424)
    }

    /// Whether it was turned away.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.status, 429 | 503)
    }

    /// The same without its body, where many are kept.
    pub(super) fn without_body(self) -> Self {
        Seen { body: vec![], ..self }
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
        let reply = reply.unwrap_or_else(|_| Reply { is_last: true, ..Reply::default() });
        if reply.is_last {
            self.reader = connect(self.to)?;
        }
        Ok(Seen { status: reply.status, milliseconds, body: reply.body })
    }
}

/// Lets so many clients work at once, each on a thread of its own and with its number; what came of each.
pub(super) fn crowd<T: Send>(
    clients: usize,
    work: impl Fn(usize) -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    scope(|scope| {
        let work = &work;
        let spawn = |number| Builder::new().stack_size(STACK).spawn_scoped(scope, move || work(number));
        let running: Vec<_> = (0..clients).map(spawn).collect();
        let lost = |_| Err(io::Error::other("a client failed"));
        running.into_iter().map(|one| one?.join().unwrap_or_else(lost)).collect()
    })
}

/// Does so many pieces of work, each by the next of so many clients that is free; what came of each, in their order.
pub(super) fn in_turns<T: Send>(
    to: SocketAddr,
    clients: usize,
    count: usize,
    work: impl Fn(&mut Client, usize) -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let all = crowd(clients, |_| {
        let (mut client, mut done) = (Client::open(to)?, vec![]);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(done);
            }
            done.push((number, work(&mut client, number)?));
        }
    });
    let mut done: Vec<(usize, T)> = all?.into_iter().flatten().collect();
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, one)| one).collect())
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

/// A reply as it comes.
#[derive(Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    body: Vec<u8>,
    /// Whether the connection closes after it.
    is_last: bool,
}

/// Reads a reply to its end.
pub(super) fn read(from: &mut BufReader<TcpStream>) -> io::Result<Reply> {
    let (mut reply, mut length, mut is_chunked) = (Reply::default(), 0, false);
    loop {
        let line = line(from)?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            reply.status = rest.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(0);
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap_or(0);
        }
        is_chunked |= line == "transfer-encoding: chunked";
        reply.is_last |= line == "connection: close";
    }
    if is_chunked {
        while take_chunk(from, &mut reply.body)? {}
    } else {
        take(from, length, &mut reply.body)?;
    }
    Ok(reply)
}

fn line(from: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match from.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

fn take(from: &mut BufReader<TcpStream>, bytes: u64, body: &mut Vec<u8>) -> io::Result<()> {
    let taken = from.take(bytes).read_to_end(body)?;
    if taken as u64 == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Whether there is another.
fn take_chunk(from: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<bool> {
    let size = u64::from_str_radix(&line(from)?, 16).map_err(io::Error::other)?;
    take(from, size, body)?;
    // The end of its line.
    line(from)?;
    Ok(size > 0)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// What a client sees of a server that answers two requests on one connection, and closes without an answer to the third.
    #[test]
    fn replies_are_read_in_full_and_a_lost_connection_is_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = Client::open(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"HTTP/1.1 422 No\r\nContent-Length: 4\r\n\r\nno {").unwrap();
        server.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n2\r\n, \r\n0\r\n\r\n").unwrap();
        let mut seen = || client.send("POST", "/", &Json::Null).unwrap();
        let (first, second) = (seen(), seen());
        assert_eq!((first.status, &first.body[..], first.is_answered()), (422, &b"no {"[..], true));
        assert_eq!((second.status, &second.body[..]), (200, &b"yes, "[..]));
        drop(server);
        assert_eq!(seen().status, 0);
    }

    #[test]
    fn a_crowd_does_each_piece_of_work_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let done = in_turns(listener.local_addr().unwrap(), 4, 100, |_, number| Ok(2 * number)).unwrap();
        assert_eq!(done, (0..100).map(|number| 2 * number).collect::<Vec<_>>());
        let fails = |number| if number == 3 { Err(io::Error::other("it fell")) } else { Ok(number) };
        assert_eq!(crowd(8, fails).unwrap_err().to_string(), "it fell");
    }
}
