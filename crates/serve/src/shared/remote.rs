//! A store that may be away: every operation has a time, and a store that keeps failing is left alone.

use std::time::{Duration, Instant};

use super::breaker::{Breaker, BreakerSettings, Circuit};
use super::{Objects, Redis, StoreError};

/// The kinds of stores.
#[derive(Debug)]
pub enum Store {
    /// Redis.
    Redis(Box<Redis>),
    /// An object store.
    Objects(Objects),
}

/// A store with its timeout and its breaker.
#[derive(Debug)]
pub struct Remote {
    /// Its name in metrics: `l2` or `l3`.
    pub tier: &'static str,
    store: Store,
    timeout: Duration,
    breaker: Breaker,
}

/// Why a store was of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It is left alone.
    #[error("it failed before and is left alone for a while")]
    Open,
    /// It took too long.
    #[error("no answer within {} ms", .0.as_millis())]
    Slow(Duration),
    /// It failed.
    #[error(transparent)]
    Store(StoreError),
}

impl Trouble {
    /// The name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Trouble::Open => "open",
            Trouble::Slow(_) => "timeout",
            Trouble::Store(StoreError::Unreachable(_)) => "error",
            Trouble::Store(StoreError::Garbage(_)) => "garbage",
        }
    }
}

impl Remote {
    /// A store that has not failed yet.
    pub fn new(tier: &'static str, store: Store, timeout: Duration, breaker: BreakerSettings) -> Self {
        Remote { tier, store, timeout, breaker: Breaker::new(breaker) }
    }

    /// Whether the store is asked at present.
    pub fn circuit(&self) -> Circuit {
        self.breaker.circuit()
    }

    /// What is kept under a key.
    ///
    /// # Errors
    /// When the store is of no use now.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Trouble> {
        match &self.store {
            Store::Redis(redis) => self.within(redis.get(key)).await,
            Store::Objects(objects) => self.within(objects.get(key)).await,
        }
    }

    /// Keeps a value for a time, or as long as the store keeps what it has.
    ///
    /// # Errors
    /// When the store is of no use now.
    pub async fn put(&self, key: &str, value: &[u8], time: Duration) -> Result<(), Trouble> {
        match &self.store {
            Store::Redis(redis) => self.within(redis.put(key, value, time)).await,
            Store::Objects(objects) => self.within(objects.put(key, value)).await,
        }
    }

    /// Takes requests of a rate, or tells how long to wait. An object store counts nothing.
    ///
    /// # Errors
    /// When the store is of no use now.
    pub async fn take(
        &self,
        key: &str,
        times: (Duration, Duration),
        count: u32,
        is_owed: bool,
    ) -> Result<Duration, Trouble> {
        match &self.store {
            Store::Redis(redis) => self.within(redis.take(key, times, count, is_owed)).await,
            Store::Objects(_) => Err(Trouble::Open),
        }
    }

    /// How long it takes to answer.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<Duration, Trouble> {
        let started = Instant::now();
        match &self.store {
            Store::Redis(redis) => self.within(redis.ping()).await?,
            Store::Objects(objects) => self.within(objects.ping()).await?,
        }
        Ok(started.elapsed())
    }

    /// What work comes to, where the breaker admits it and it takes no longer than it may.
    async fn within<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, Trouble> {
        if !self.breaker.admits(Instant::now()) {
            return Err(Trouble::Open);
        }
        let done = match tokio::time::timeout(self.timeout, work).await {
            Ok(done) => done.map_err(Trouble::Store),
            Err(_) => {
                self.leave();
                Err(Trouble::Slow(self.timeout))
            }
        };
        let is_there = matches!(done, Ok(_) | Err(Trouble::Store(StoreError::Garbage(_))));
        let before = self.circuit();
        self.breaker.tell(is_there, Instant::now());
        self.log(before, done.as_ref().err());
        done
    }

    /// A connection on which nothing came is given up: it may have been cut where nobody tells.
    fn leave(&self) {
        if let Store::Redis(redis) = &self.store {
            redis.leave();
        }
    }

    fn log(&self, before: Circuit, trouble: Option<&Trouble>) {
        let (tier, now) = (self.tier, self.circuit());
        match trouble {
            _ if before == now => {}
            Some(trouble) => tracing::warn!(tier, circuit = now.name(), %trouble, "a shared store is left alone"),
            None => tracing::info!(tier, circuit = now.name(), "a shared store is used again"),
        }
    }
}
