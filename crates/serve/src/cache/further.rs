//! Tiers beyond memory: a query found there is checked before it is used, and one that was made is written there behind the
//! reply's back.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use answer::known::Known;
use tokio::sync::Semaphore;

use super::value::{Seal, Value};
use crate::metrics::{CACHE, CACHE_WRITES, Metrics};
use crate::shared::Shared;
use crate::shared::remote::Remote;

/// Writes on their way at once; while so many are, more are left out.
const WRITES: usize = 64;

/// The tiers.
#[derive(Debug)]
pub struct Further {
    shared: Shared,
    seal: Seal,
    writes: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Further {
    /// The stores that instances share.
    pub fn new(shared: Shared, metrics: Arc<Metrics>) -> Self {
        let seal = Seal::new(&shared.secret);
        Further { shared, seal, writes: Arc::new(Semaphore::new(WRITES)), metrics }
    }

    /// The stores, the quickest first.
    pub fn tiers(&self) -> &[Arc<Remote>] {
        &self.shared.tiers
    }

    /// What the first tier knows of a key for which `usable` makes something of it; the tiers before are told.
    pub async fn find<T, F: Future<Output = Option<T>>>(&self, key: &str, usable: impl Fn(Known) -> F) -> Option<T> {
        for (place, tier) in self.tiers().iter().enumerate() {
            let (found, result) = match self.known(tier, key).await {
                Ok(value) => match usable(value.known.clone()).await {
                    Some(made) => (Some((made, value)), "hit"),
                    None => (None, "garbage"),
                },
                Err(result) => (None, result),
            };
            self.metrics.count(CACHE, &[tier.tier, result]);
            if let Some((made, Value { found, known })) = found {
                // As old as it is: copied from tier to tier it would never end.
                self.write(&self.tiers()[..place], key, &known, found);
                return Some(made);
            }
        }
        None
    }

    /// Writes what is known of a key to all tiers, without waiting for it.
    pub fn keep(&self, key: &str, known: &Known) {
        self.write(self.tiers(), key, known, now());
    }

    /// What a tier knows, or what its look-up counts as.
    async fn known(&self, tier: &Remote, key: &str) -> Result<Value, &'static str> {
        let value = tier.get(key).await.map_err(|trouble| trouble.name())?.ok_or("miss")?;
        self.seal.read(key, &value, now(), self.shared.time.as_secs()).ok_or("garbage")
    }

    fn write(&self, tiers: &[Arc<Remote>], key: &str, known: &Known, found: u64) {
        let Some(value) = self.seal.write(key, known, found).filter(|_| !tiers.is_empty()) else { return };
        let value: Arc<[u8]> = value.into();
        for tier in tiers {
            let Ok(place) = Arc::clone(&self.writes).try_acquire_owned() else {
                self.metrics.count(CACHE_WRITES, &[tier.tier, "left_out"]);
                continue;
            };
            let (tier, metrics, time) = (Arc::clone(tier), Arc::clone(&self.metrics), self.shared.time);
            let (key, value) = (key.to_owned(), Arc::clone(&value));
            tokio::spawn(async move {
                let written = tier.put(&key, &value, time).await;
                metrics.count(
                    CACHE_WRITES,
                    &[tier.tier, written.as_ref().map_or_else(|trouble| trouble.name(), |()| "ok")],
                );
                drop(place);
            });
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
