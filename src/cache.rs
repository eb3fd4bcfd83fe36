//! Texts that are costly to make and never change, such as rendered HTML: kept within a bound of bytes, and
//! shared by the replicas through Redis while it answers.

mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::future::Cache;
use secrecy::SecretString;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::redis::Redis;
use shared::Shared;

/// A cache of texts by what they were made from.
#[derive(Clone)]
pub struct Texts {
    kept: Cache<Uuid, Arc<str>>,
    shared: Option<Shared>,
    made: Arc<AtomicU64>,
}

impl Texts {
    /// A cache of at most `bytes` bytes in this process. What lies in Redis is sealed under `secret`, so that
    /// nobody reads it there or slips in a text of their own.
    pub fn new(bytes: u64, redis: Option<Redis>, secret: &SecretString) -> Result<Self> {
        let kept = Cache::builder()
            .weigher(|_, text: &Arc<str>| u32::try_from(text.len() + 64).unwrap_or(u32::MAX))
            .max_capacity(bytes)
            .build();
        let shared = redis.map(|redis| Shared::new(redis, secret)).transpose()?;
        Ok(Self {
            kept,
            shared,
            made: Arc::default(),
        })
    }

    /// What was made from `key`: kept here, found in Redis, or made now. Of those who ask for it at once in this
    /// process, one makes it.
    pub async fn get(
        &self,
        key: Uuid,
        make: impl Future<Output = Result<String>>,
    ) -> Result<Arc<str>> {
        let find = async {
            if let Some(shared) = &self.shared
                && let Some(text) = shared.find(key).await
            {
                return Ok(text);
            }
            let text: Arc<str> = make.await?.into();
            self.made.fetch_add(1, Ordering::Relaxed);
            if let Some(shared) = &self.shared {
                shared.keep(key, Arc::clone(&text));
            }
            Ok(text)
        };
        let found = self.kept.try_get_with(key, find).await;
        found.map_err(|error: Arc<Error>| Error::clone(&error))
    }

    /// How many texts this process has made, rather than found.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}
