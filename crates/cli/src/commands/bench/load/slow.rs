//! A thousand connections that send a byte now and then (Slowloris), while others ask.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::Duration;

use super::{MEGABYTE, Node, Pace, answered, bodies_of_questions, failed, load};
use crate::commands::bench::{Args, Figure, Measured, Scratch, quantile};
use crate::context::Context;

/// Others, who ask meanwhile.
const OTHERS: usize = 8;
/// How long they do, alone and beside the slow ones.
const TIME: Duration = Duration::from_secs(15);
/// Between two bytes of a slow one.
const PAUSE: Duration = Duration::from_millis(500);
/// What half of them send: a head that never ends.
const HEAD: &[u8] =
    b"POST /generate HTTP/1.1\r\nhost: localhost\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// What the others send: a body that never does.
const BODY: &[u8] = b"POST /generate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n{\"query\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// How others fare.
pub(in super::super) fn measure(args: &Args, context: &Context) -> Measured {
    let scratch = Scratch::new("slow", context)?;
    let (bodies, count) = (bodies_of_questions(context)?, args.count(1_000));
    let node = Node::start(context, &scratch.0, 0, &[])?;
    let others = |time| Pace { clients: OTHERS, time, every: None };
    load(&node, &bodies, others(Duration::from_secs(2)))?;
    let alone = load(&node, &bodies, others(TIME))?;
    let stop = AtomicBool::new(false);
    let (beside, reopened, open, memory) = scope(|scope| {
        let slow = scope.spawn(|| drip(node.users, count, &stop));
        std::thread::sleep(2 * PAUSE);
        let beside = load(&node, &bodies, others(TIME));
        let (open, memory) = (node.files(), node.resident());
        stop.store(true, Ordering::Relaxed);
        let reopened = slow.join().unwrap_or_else(|_| Err(std::io::Error::other("the slow ones failed")));
        (beside, reopened, open, memory)
    });
    let beside = beside?;
    let failures = beside.iter().filter(|one| !one.is_answered()).count();
    let slowest = |seen: &[super::Seen]| {
        let mut times: Vec<f64> = seen.iter().map(|one| one.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        quantile(&times, 0.99)
    };
    let share = 100.0 * answered(&beside) as f64 / answered(&alone).max(1) as f64;
    let figure = |name: &str, value, unit| Figure::new(format!("slow.{name}"), value, unit);
    Ok(vec![
        figure("connections", count as f64, ""),
        figure("closed_by_the_service", reopened.map_err(failed)? as f64, ""),
        figure("files", open? as f64, ""),
        figure("memory", memory? / MEGABYTE, "MiB"),
        figure("others.answered", answered(&beside) as f64, ""),
        figure("others.failed", failures as f64, ""),
        figure("others.share", share, "%"),
        figure("others.alone.p99", slowest(&alone), "ms"),
        figure("others.p99", slowest(&beside), "ms"),
    ])
}

/// Keeps so many connections open, each sending a byte now and then; how many were closed and opened anew.
fn drip(to: SocketAddr, count: usize, stop: &AtomicBool) -> std::io::Result<usize> {
    let mut all =
        (0..count).map(|_| TcpStream::connect(to).map(|stream| (stream, 0))).collect::<std::io::Result<Vec<_>>>()?;
    let mut reopened = 0;
    while !stop.load(Ordering::Relaxed) {
        for (number, (stream, sent)) in all.iter_mut().enumerate() {
            let text = if number % 2 == 0 { HEAD } else { BODY };
            // The first write is all but the slow part.
            let part = if *sent == 0 { &text[..text.len() - 64] } else { &text[text.len() - 1..] };
            if stream.write_all(part).is_err() || has_ended(stream) {
                (*stream, *sent) = (TcpStream::connect(to)?, 0);
                reopened += 1;
            } else {
                *sent += 1;
            }
        }
        std::thread::sleep(PAUSE);
    }
    Ok(reopened)
}

/// Whether the other side has answered or closed.
fn has_ended(stream: &TcpStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let ended = !matches!(stream.peek(&mut [0]), Err(e) if e.kind() == std::io::ErrorKind::WouldBlock);
    let _ = stream.set_nonblocking(false);
    ended
}
