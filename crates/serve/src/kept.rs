//! Streams as they were told: a client whose connection broke takes up where it was (`Last-Event-ID`). A stream that has
//! ended is kept for a short while; one that nobody reads any more ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::response::sse::Event;
use serde_json::Value as Json;
use tokio::sync::watch;

/// How long a stream is kept once it has ended.
const KEPT: Duration = Duration::from_secs(60);
/// Streams kept at most.
const MOST: usize = 256;
/// Bytes of their events together.
const MOST_BYTES: usize = 32 << 20;

/// An event as it was told.
#[derive(Debug, Clone)]
struct Told {
    name: &'static str,
    data: Arc<str>,
}

/// The events of one request.
#[derive(Debug)]
pub struct Stream {
    request_id: String,
    told: Mutex<Vec<Told>>,
    /// When the last event was told, once it was.
    ended: watch::Sender<Option<Instant>>,
    readers: watch::Sender<usize>,
}

impl Stream {
    fn told(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells an event to whoever reads.
    pub fn tell(&self, name: &'static str, data: &Json) {
        self.told().push(Told { name, data: data.to_string().into() });
        self.ended.send_modify(|_| {});
    }

    /// Nothing more will be told.
    pub fn end(&self) {
        self.ended.send_replace(Some(Instant::now()));
    }

    /// Waits until nobody reads.
    pub async fn left(&self) {
        // The sender lives as long as the stream.
        let _ = self.readers.subscribe().wait_for(|readers| *readers == 0).await;
    }

    /// Reads from an event on; from the last one of a stream that has ended before it.
    pub fn read(self: &Arc<Self>, from: usize) -> Reader {
        self.readers.send_modify(|readers| *readers += 1);
        let last = self.told().len().saturating_sub(1);
        let next = if self.is_over() { from.min(last) } else { from };
        Reader { stream: Arc::clone(self), next, news: self.ended.subscribe() }
    }

    fn is_over(&self) -> bool {
        self.ended.borrow().is_some()
    }

    fn is_old(&self) -> bool {
        self.ended.borrow().is_some_and(|time| time.elapsed() > KEPT)
    }

    fn bytes(&self) -> usize {
        self.told().iter().map(|told| told.data.len()).sum()
    }
}

/// Somebody who reads a stream.
#[derive(Debug)]
pub struct Reader {
    stream: Arc<Stream>,
    next: usize,
    news: watch::Receiver<Option<Instant>>,
}

impl Reader {
    /// The next event; none after the last. Its id counts up and names the request: `3-req_1f…`.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            // Looked at first: what is told before the end is there once the end is.
            let is_over = self.stream.is_over();
            let told = self.stream.told().get(self.next).cloned();
            if let Some(Told { name, data }) = told {
                let id = format!("{}-{}", self.next, self.stream.request_id);
                self.next += 1;
                return Some(Event::default().event(name).id(id).data(data));
            }
            if is_over {
                return None;
            }
            self.news.changed().await.ok()?;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stream.readers.send_modify(|readers| *readers -= 1);
    }
}

/// Streams that may be taken up again, each by whoever asked for it.
#[derive(Debug, Default)]
pub struct Streams {
    all: Mutex<VecDeque<(String, Arc<Stream>)>>,
}

impl Streams {
    fn all(&self) -> MutexGuard<'_, VecDeque<(String, Arc<Stream>)>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, stream)| !stream.is_old());
        all
    }

    /// Opens the stream of a request. The oldest are forgotten where there are too many.
    pub fn open(&self, identity: String, request_id: &str) -> Arc<Stream> {
        let stream = Arc::new(Stream {
            request_id: request_id.to_owned(),
            told: Mutex::default(),
            ended: watch::Sender::new(None),
            readers: watch::Sender::new(0),
        });
        let mut all = self.all();
        all.push_back((identity, Arc::clone(&stream)));
        let mut bytes: usize = all.iter().map(|(_, stream)| stream.bytes()).sum();
        while all.len() > MOST || bytes > MOST_BYTES {
            let Some((_, oldest)) = all.pop_front() else { break };
            bytes -= oldest.bytes().min(bytes);
        }
        stream
    }

    /// The stream of a request of this principal, where it is still kept.
    pub fn find(&self, identity: &str, request_id: &str) -> Option<Arc<Stream>> {
        let all = self.all();
        let mut own = all.iter().rev().filter(|(of, _)| of == identity);
        own.find(|(_, stream)| stream.request_id == request_id).map(|(_, stream)| Arc::clone(stream))
    }

    /// Forgets a stream that broke off.
    pub fn forget(&self, broken: &Arc<Stream>) {
        self.all().retain(|(_, stream)| !Arc::ptr_eq(stream, broken));
    }
}
