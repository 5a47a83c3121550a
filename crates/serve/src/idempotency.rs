//! Replies to requests with an `Idempotency-Key`, kept in memory for a while.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode};

use crate::audit::Entry;
use crate::problem::Problem;

/// How long a reply is kept.
const TIME: Duration = Duration::from_secs(600);
/// Keys at most, and bytes of their replies together.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 64 << 20;
/// The largest reply that is kept; one that is larger is made anew.
pub const LARGEST: usize = 4 << 20;

type Hash = [u8; 32];

/// A reply.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its status.
    pub status: StatusCode,
    /// Its content type.
    pub kind: Option<HeaderValue>,
    /// Its body; a problem has none yet.
    pub body: Bytes,
    /// The problem that it is.
    pub problem: Option<Problem>,
    /// What the audit log was told of it.
    pub told: Option<Entry>,
}

/// What a request with a key finds.
#[derive(Debug)]
pub enum Claim {
    /// Nobody sent the key before: the request is answered.
    Mine(Claimed),
    /// The same request was answered.
    Answered(Arc<Kept>),
    /// The same request is being answered.
    InProgress,
    /// The key came with another request.
    AnotherRequest,
}

/// A key that waits for its reply. Dropped without one, it is free again.
#[derive(Debug)]
pub struct Claimed {
    replies: Replies,
    slot: Hash,
}

#[derive(Debug)]
struct Slot {
    /// The request that came with the key.
    asked: Hash,
    since: Instant,
    reply: Option<Arc<Kept>>,
}

/// The replies, by principal and key.
#[derive(Debug, Clone, Default)]
pub struct Replies(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    slots: HashMap<Hash, Slot>,
    /// In the order in which they came; those that are gone too, until they would be forgotten.
    order: VecDeque<(Instant, Hash)>,
    bytes: usize,
}

impl Replies {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a key for a request, unless it was taken.
    pub fn claim(&self, slot: Hash, asked: Hash) -> Claim {
        let mut inner = self.inner();
        inner.forget_old();
        match inner.slots.get(&slot) {
            Some(known) if known.asked != asked => return Claim::AnotherRequest,
            Some(Slot { reply: Some(reply), .. }) => return Claim::Answered(Arc::clone(reply)),
            Some(_) => return Claim::InProgress,
            None => {}
        }
        let since = Instant::now();
        inner.slots.insert(slot, Slot { asked, since, reply: None });
        inner.order.push_back((since, slot));
        Claim::Mine(Claimed { replies: self.clone(), slot })
    }
}

impl Claimed {
    /// Keeps the reply.
    pub fn answer(self, reply: Kept) {
        let mut inner = self.replies.inner();
        let bytes = reply.body.len();
        if let Some(slot) = inner.slots.get_mut(&self.slot) {
            slot.reply = Some(Arc::new(reply));
            inner.bytes += bytes;
        }
        inner.forget_old();
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let mut inner = self.replies.inner();
        if inner.slots.get(&self.slot).is_some_and(|slot| slot.reply.is_none()) {
            inner.slots.remove(&self.slot);
        }
    }
}

impl Inner {
    /// Forgets what is too old, and the oldest where there is too much.
    fn forget_old(&mut self) {
        while let Some((since, slot)) = self.order.front().copied() {
            let too_much = self.order.len() > MOST || self.bytes > MOST_BYTES;
            if !too_much && since.elapsed() <= TIME {
                return;
            }
            self.order.pop_front();
            // A key that was freed and taken again stands further back.
            if self.slots.get(&slot).is_some_and(|known| known.since == since) {
                let gone = self.slots.remove(&slot).and_then(|known| known.reply);
                self.bytes -= gone.map_or(0, |reply| reply.body.len());
            }
        }
    }
}
