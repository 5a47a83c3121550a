//! How often a principal may ask of all instances together: counted in Redis where there is one, by this instance alone where
//! there is none or it is away. What Redis admits is counted here too, so that this instance goes on where Redis left off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::RateLimiter;
use super::keys::hex;
use crate::metrics::{Metrics, SHARED_LIMITS};
use crate::shared::remote::Remote;

/// The limit of every principal.
#[derive(Debug)]
pub struct Limit {
    own: RateLimiter,
    shared: Option<Arc<Remote>>,
    metrics: Arc<Metrics>,
}

impl Limit {
    /// So many requests a minute, so many of them at once, of all instances that share a store.
    pub fn new(per_minute: u32, burst: u32, shared: Option<Arc<Remote>>, metrics: Arc<Metrics>) -> Self {
        Limit { own: RateLimiter::new(per_minute, burst), shared, metrics }
    }

    /// The same for other numbers, while requests come.
    pub fn change(&self, per_minute: u32, burst: u32) {
        self.own.change(per_minute, burst);
    }

    /// Takes a request of a principal.
    ///
    /// # Errors
    /// How long it has to wait, where it has asked too often.
    pub async fn take(&self, principal: &str) -> Result<(), Duration> {
        match self.count(principal, 1, false).await {
            Some(Duration::ZERO) => {
                self.own.owe(principal, 1, Instant::now());
                Ok(())
            }
            Some(wait) => Err(wait),
            None => self.own.take(principal, Instant::now()),
        }
    }

    /// Takes further requests of a principal that has just taken one, as those of a batch: it waits for them afterwards.
    pub async fn owe(&self, principal: &str, requests: u32) {
        self.count(principal, requests, true).await;
        self.own.owe(principal, requests, Instant::now());
    }

    /// Counts with the other instances: how long the principal has to wait; none where that cannot be asked.
    async fn count(&self, principal: &str, requests: u32, is_owed: bool) -> Option<Duration> {
        let shared = self.shared.as_ref()?;
        // Names of principals may be addresses of people.
        let key = format!("glrl:rate:{}", hex(&Sha256::digest(principal)));
        let counted = shared.take(&key, self.own.times(), requests, is_owed).await;
        self.metrics.count(SHARED_LIMITS, &[counted.as_ref().map_or_else(|trouble| trouble.name(), |_| "ok")]);
        counted.ok()
    }
}
