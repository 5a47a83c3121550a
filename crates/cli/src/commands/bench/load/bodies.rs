//! Bodies that nobody should send: each is refused clearly, soon, and without taking memory.

use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::scope;
use std::time::{Duration, Instant};

use super::{MEGABYTE, Node, failed};
use crate::commands::bench::client::{Client, crowd, read};
use crate::commands::bench::{Args, Figure, Measured, Scratch};
use crate::context::Context;

/// Senders of each body at once.
const AT_ONCE: usize = 8;
const LARGE: usize = 100_000_000;
const LEVELS: usize = 100_000;
const LONG: usize = 1_000_000;

/// A body, and how it is sent.
struct Hostile {
    name: &'static str,
    /// Repeated up to `bytes`.
    begin: &'static str,
    repeat: &'static str,
    end: &'static str,
    bytes: usize,
    /// Whether its length is announced; else it comes in chunks.
    is_announced: bool,
    /// The statuses that are a clear refusal.
    wanted: &'static [u16],
}

const HOSTILE: [Hostile; 6] = [
    Hostile {
        name: "large",
        begin: "{\"query\":\"",
        repeat: "a",
        end: "\"}",
        bytes: LARGE,
        is_announced: true,
        wanted: &[413],
    },
    Hostile {
        name: "large.chunked",
        begin: "{\"query\":\"",
        repeat: "a",
        end: "\"}",
        bytes: LARGE,
        is_announced: false,
        wanted: &[413],
    },
    Hostile { name: "deep.lists", begin: "", repeat: "[", end: "", bytes: LEVELS, is_announced: true, wanted: &[400] },
    Hostile {
        name: "deep.objects",
        begin: "",
        repeat: "{\"a\":",
        end: "",
        bytes: 5 * LEVELS,
        is_announced: true,
        wanted: &[400],
    },
    Hostile {
        name: "long.over",
        begin: "{\"query\":\"",
        repeat: "a",
        end: "\"}",
        bytes: LONG,
        is_announced: true,
        wanted: &[413],
    },
    Hostile {
        name: "long.under",
        begin: "{\"query\":\"",
        repeat: "a",
        end: "\"}",
        bytes: LONG - 1000,
        is_announced: true,
        wanted: &[400],
    },
];

/// Sends each of them, several at once.
pub(in super::super) fn measure(_: &Args, context: &Context) -> Measured {
    let scratch = Scratch::new("bodies", context)?;
    let node = Node::start(context, &scratch.0, 0, &[])?;
    let rested = node.resident()?;
    let (mut unclear, mut slowest, mut most) = (0, 0.0f64, rested);
    let mut figures = vec![];
    for hostile in &HOSTILE {
        // A connection that breaks is an unclear answer, and does not end the measurement.
        let sent = crowd(AT_ONCE, |_| Ok(send(&node, hostile))).map_err(failed)?;
        most = most.max(node.resident()?);
        let times = sent.iter().flatten().map(|(_, milliseconds)| *milliseconds);
        let worst = times.fold(0.0, f64::max);
        slowest = slowest.max(worst);
        unclear += sent.iter().filter(|one| !matches!(one, Ok((status, _)) if hostile.wanted.contains(status))).count();
        figures.push(Figure::new(format!("bodies.{}", hostile.name), worst, "ms"));
    }
    let still = Client::open(node.users).and_then(|mut client| client.send("GET", "/health", &serde_json::Value::Null));
    let still = still.map_err(failed)?.status;
    figures.extend([
        Figure::new("bodies.sent", (AT_ONCE * HOSTILE.len()) as f64, ""),
        Figure::new("bodies.unclear", unclear as f64, ""),
        Figure::new("bodies.slowest", slowest, "ms"),
        Figure::new("bodies.memory", (most - rested) / MEGABYTE, "MiB"),
        Figure::new("bodies.answers_after", f64::from(u8::from(still == 200)), ""),
    ]);
    Ok(figures)
}

/// The status of the reply, and how long it took from the first byte.
fn send(node: &Node, hostile: &Hostile) -> std::io::Result<(u16, f64)> {
    let stream = TcpStream::connect(node.users)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let started = Instant::now();
    let mut writer = stream.try_clone()?;
    let status = scope(|scope| {
        // A refusal may come before all is written; the rest is then not wanted any more.
        let writing = scope.spawn(move || {
            let written = write(&mut writer, hostile);
            written.and_then(|()| writer.flush())
        });
        let reply = read(&mut BufReader::new(stream.try_clone()?));
        let took = started.elapsed().as_secs_f64() * 1000.0;
        let _ = stream.shutdown(Shutdown::Both);
        let _ = writing.join();
        reply.map(|reply| (reply.status, took))
    })?;
    Ok(status)
}

fn write(to: &mut TcpStream, hostile: &Hostile) -> std::io::Result<()> {
    let Hostile { begin, repeat, end, bytes, is_announced, .. } = hostile;
    let length = match is_announced {
        true => format!("content-length: {}", begin.len() + bytes / repeat.len() * repeat.len() + end.len()),
        false => "transfer-encoding: chunked".to_owned(),
    };
    to.write_all(
        format!("POST /generate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{length}\r\n\r\n").as_bytes(),
    )?;
    let mut part = |text: &[u8]| match is_announced {
        true => to.write_all(text),
        false => {
            to.write_all(format!("{:x}\r\n", text.len()).as_bytes())?;
            to.write_all(text)?;
            to.write_all(b"\r\n")
        }
    };
    if !begin.is_empty() {
        part(begin.as_bytes())?;
    }
    let many = repeat.repeat(10_000);
    let mut left = bytes / repeat.len() * repeat.len();
    while left > 0 {
        let now = left.min(many.len());
        part(&many.as_bytes()[..now])?;
        left -= now;
    }
    if end.is_empty() { Ok(()) } else { part(end.as_bytes()) }
}
