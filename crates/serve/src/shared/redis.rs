//! Redis: one connection for all requests, made when it is first needed and made anew after it failed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, cmd};

use super::{LARGEST, SharedError, StoreError};

/// A connection on its way, which every request that needs it waits for.
type Connecting = Shared<BoxFuture<'static, Result<MultiplexedConnection, StoreError>>>;

/// How often a principal may ask: the generic cell rate algorithm as in [`crate::auth::rate`], by the server's own clock, in
/// microseconds. Numbers this large lose digits where Lua prints them by itself.
const TAKE: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval, tolerance, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(tonumber(redis.call('GET', KEYS[1])) or now, now)
if ARGV[4] == '0' and due - now > tolerance then return due - now - tolerance end
due = due + interval * count
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return 0
";

/// A Redis server.
pub struct Redis {
    client: Client,
    /// How long connecting may take.
    patience: Duration,
    connecting: Mutex<Option<Connecting>>,
}

impl std::fmt::Debug for Redis {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

impl Redis {
    /// A server at a URL; nothing is connected yet.
    ///
    /// # Errors
    /// When it is no URL of Redis.
    pub fn open(url: &str, patience: Duration) -> Result<Self, SharedError> {
        let client = Client::open(url).map_err(|e| SharedError::RedisUrl { reason: e.to_string() })?;
        Ok(Redis { client, patience, connecting: Mutex::new(None) })
    }

    /// The value of a key, up to a little more than the longest.
    ///
    /// # Errors
    /// When the server cannot be asked, or keeps something else there.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes: Vec<u8> = self.ask(cmd("GETRANGE").arg(key).arg(0).arg(LARGEST)).await?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// Keeps a value for a time.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn put(&self, key: &str, value: &[u8], time: Duration) -> Result<(), StoreError> {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        self.ask(cmd("SET").arg(key).arg(value).arg("PX").arg(time)).await
    }

    /// Takes requests of a rate's key, or tells how long to wait; where `is_owed` they are taken in any case.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn take(
        &self,
        key: &str,
        (interval, tolerance): (Duration, Duration),
        count: u32,
        is_owed: bool,
    ) -> Result<Duration, StoreError> {
        let (interval, tolerance) = (interval.as_micros() as u64, tolerance.as_micros() as u64);
        let mut script = cmd("EVAL");
        script.arg(TAKE).arg(1).arg(key).arg(interval).arg(tolerance).arg(count).arg(u8::from(is_owed));
        let wait: u64 = self.ask(&script).await?;
        Ok(Duration::from_micros(wait))
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.ask(&cmd("PING")).await
    }

    /// Connects anew with the next request, unless that is going on: this connection has become silent.
    pub fn leave(&self) {
        let mut slot = self.connecting.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take_if(|connecting| connecting.peek().is_some());
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let connecting = self.connecting();
        let asked = match connecting.clone().await {
            Ok(mut connection) => command.query_async(&mut connection).await.map_err(|e| failed(&e)),
            Err(error) => Err(error),
        };
        if matches!(asked, Err(StoreError::Unreachable(_))) {
            self.leave_this(&connecting);
        }
        asked
    }

    /// The connection, or the way to it. Connecting goes on where a request has no more time to wait for it.
    fn connecting(&self) -> Connecting {
        let mut slot = self.connecting.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert_with(|| {
            let (client, patience) = (self.client.clone(), self.patience);
            let connected = tokio::spawn(async move {
                let config = AsyncConnectionConfig::new();
                let config = config.set_connection_timeout(Some(patience)).set_response_timeout(None);
                client.get_multiplexed_async_connection_with_config(&config).await.map_err(|e| failed(&e))
            });
            let ended =
                connected.map(|done| done.unwrap_or_else(|e| Err(StoreError::Unreachable(Arc::from(e.to_string())))));
            ended.boxed().shared()
        })
        .clone()
    }

    fn leave_this(&self, failed: &Connecting) {
        let mut slot = self.connecting.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take_if(|connecting| connecting.ptr_eq(failed));
    }
}

/// What kind of failure it is: a server that answers, but keeps something else under the key, is there.
fn failed(error: &RedisError) -> StoreError {
    let text = Arc::from(error.to_string());
    if error.code() == Some("WRONGTYPE") { StoreError::Garbage(text) } else { StoreError::Unreachable(text) }
}
