//! A socket of which no read or write lasts longer than it may, and which looks up when it is asked to stop.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::error::ServerError;
use super::url::{Address, Server};

/// How long a read waits before it looks at clock and canceller.
const LOOK: Duration = Duration::from_millis(10);
/// Bytes read at once.
const CHUNK: usize = 64 << 10;
/// The longest message read: a row of two of SQLite's longest values and some.
pub(crate) const LONGEST_MESSAGE: usize = 16 << 20;

enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A connection's bytes.
pub(crate) struct Wire {
    stream: Stream,
    place: String,
    is_local: bool,
    begun: Instant,
    deadline: Instant,
    stop: Arc<AtomicBool>,
    /// What has arrived and was not taken yet.
    pub(crate) arrived: BytesMut,
    /// An answer was not read to its end.
    pub(crate) is_cut: bool,
}

impl Wire {
    /// Reaches a server before the deadline.
    pub(crate) fn connect(server: &Server, time: Duration, stop: Arc<AtomicBool>) -> Result<Self, ServerError> {
        let begun = Instant::now();
        let deadline = begun + time;
        let place = server.to_string();
        let unreachable = |e: io::Error| ServerError::Unreachable { place: place.clone(), reason: e.to_string() };
        let stream = match &server.address {
            Address::Tcp(host, port) => Stream::Tcp(reach(host, *port, deadline).map_err(unreachable)?),
            #[cfg(unix)]
            Address::Unix(path) => Stream::Unix(UnixStream::connect(path).map_err(unreachable)?),
            #[cfg(not(unix))]
            Address::Unix(_) => return Err(unreachable(io::Error::other("this system has no Unix sockets"))),
        };
        let is_local = matches!(server.address, Address::Unix(_));
        Ok(Wire { stream, place, is_local, begun, deadline, stop, arrived: BytesMut::new(), is_cut: false })
    }

    /// Whether nobody outside this machine can listen.
    pub(crate) fn is_local(&self) -> bool {
        self.is_local
    }

    /// Starts the clock anew.
    pub(crate) fn arm(&mut self, time: Duration) {
        self.begun = Instant::now();
        self.deadline = self.begun + time;
    }

    /// Whether the connection is open, every answer was read, and nothing has arrived that nobody asked for.
    pub(crate) fn is_quiet(&mut self) -> bool {
        !self.is_cut && self.arrived.is_empty() && self.stream.is_quiet()
    }

    /// Time left.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Sends everything.
    pub(crate) fn send(&mut self, mut bytes: &[u8]) -> Result<(), ServerError> {
        while !bytes.is_empty() {
            let wait = self.wait()?;
            match self.stream.write(bytes, wait) {
                Ok(0) => return Err(self.lost("it takes no more bytes")),
                Ok(sent) => bytes = &bytes[sent..],
                Err(e) if is_pause(&e) => {}
                Err(e) => return Err(self.lost(e)),
            }
        }
        Ok(())
    }

    /// Waits for more bytes.
    pub(crate) fn fill(&mut self) -> Result<(), ServerError> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let wait = self.wait()?;
            match self.stream.read(&mut chunk, wait) {
                Ok(0) => return Err(self.lost("it was closed")),
                Ok(read) => {
                    self.arrived.extend_from_slice(&chunk[..read]);
                    return Ok(());
                }
                Err(e) if is_pause(&e) => {}
                Err(e) => return Err(self.lost(e)),
            }
        }
    }

    /// Waits until so many bytes have arrived; more than any message has are refused.
    pub(crate) fn fill_to(&mut self, length: usize) -> Result<(), ServerError> {
        if length > LONGEST_MESSAGE {
            return Err(ServerError::TooLong { size: length as u64, limit: LONGEST_MESSAGE as u64 });
        }
        while self.arrived.len() < length {
            self.fill()?;
        }
        Ok(())
    }

    /// What the server said is not what the protocol has.
    pub(crate) fn nonsense(&self, what: impl std::fmt::Display) -> ServerError {
        ServerError::Protocol { place: self.place.clone(), what: what.to_string() }
    }

    /// The server does not let us in.
    pub(crate) fn refused(&self, reason: impl std::fmt::Display) -> ServerError {
        ServerError::Login { place: self.place.clone(), reason: reason.to_string() }
    }

    /// The connection has ended.
    pub(crate) fn lost(&self, reason: impl std::fmt::Display) -> ServerError {
        ServerError::Lost { place: self.place.clone(), reason: reason.to_string() }
    }

    /// How long to wait now; an error when that is over.
    fn wait(&self) -> Result<Duration, ServerError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(ServerError::Cancelled);
        }
        match self.left() {
            left if left.is_zero() => {
                let waited = self.deadline.saturating_duration_since(self.begun);
                Err(ServerError::Silent { place: self.place.clone(), waited })
            }
            left => Ok(left.min(LOOK)),
        }
    }
}

impl Stream {
    fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let looked = match self {
            Stream::Tcp(stream) => {
                let looked = stream.set_nonblocking(true).and_then(|()| stream.read(&mut byte));
                stream.set_nonblocking(false).and(looked)
            }
            #[cfg(unix)]
            Stream::Unix(stream) => {
                let looked = stream.set_nonblocking(true).and_then(|()| stream.read(&mut byte));
                stream.set_nonblocking(false).and(looked)
            }
        };
        looked.is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
    }

    fn read(&mut self, into: &mut [u8], wait: Duration) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(wait)).and_then(|()| stream.read(into)),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.set_read_timeout(Some(wait)).and_then(|()| stream.read(into)),
        }
    }

    fn write(&mut self, from: &[u8], wait: Duration) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.set_write_timeout(Some(wait)).and_then(|()| stream.write(from)),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.set_write_timeout(Some(wait)).and_then(|()| stream.write(from)),
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Tries each address of a host until one answers.
fn reach(host: &str, port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let left = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let late = || io::Error::new(ErrorKind::TimedOut, "no answer in time");
    let (tell, told) = mpsc::channel();
    let place = (host.to_owned(), port);
    // A name is looked up on another thread: nothing else ends that in time.
    thread::spawn(move || tell.send(place.to_socket_addrs().map(Vec::from_iter)));
    let addresses = told.recv_timeout(left()).map_err(|_| late())??;
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, left()) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}
