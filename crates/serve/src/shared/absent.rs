//! What stands in for a store that this program was built without: there is no way to one.

use std::time::Duration;

use super::{SharedError, StoreError};

/// No Redis.
#[cfg(not(feature = "redis"))]
#[derive(Debug)]
pub enum Redis {}

#[cfg(not(feature = "redis"))]
impl Redis {
    pub fn open(_: &str, _: Duration) -> Result<Self, SharedError> {
        Err(SharedError::NotBuilt { setting: "cache.redis_url", feature: "redis" })
    }

    pub async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match *self {}
    }

    pub async fn put(&self, _: &str, _: &[u8], _: Duration) -> Result<(), StoreError> {
        match *self {}
    }

    pub async fn take(&self, _: &str, _: (Duration, Duration), _: u32, _: bool) -> Result<Duration, StoreError> {
        match *self {}
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        match *self {}
    }

    pub fn leave(&self) {
        match *self {}
    }
}

/// No object store.
#[cfg(not(feature = "object-store"))]
#[derive(Debug)]
pub enum Objects {}

#[cfg(not(feature = "object-store"))]
impl Objects {
    pub fn open(_: &super::ObjectSettings) -> Result<Self, SharedError> {
        Err(SharedError::NotBuilt { setting: "cache.s3_bucket", feature: "object-store" })
    }

    pub async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match *self {}
    }

    pub async fn put(&self, _: &str, _: &[u8]) -> Result<(), StoreError> {
        match *self {}
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        match *self {}
    }
}
