//! Texts that are costly to make and never change, such as rendered HTML: kept within a bound of bytes.

use std::sync::Arc;

use moka::sync::Cache;
use uuid::Uuid;

/// A cache of texts by what they were made from.
#[derive(Clone)]
pub struct Texts(Cache<Uuid, Arc<str>>);

impl Texts {
    /// A cache of at most `bytes` bytes.
    pub fn new(bytes: u64) -> Self {
        Self(
            Cache::builder()
                .weigher(|_, text: &Arc<str>| u32::try_from(text.len() + 64).unwrap_or(u32::MAX))
                .max_capacity(bytes)
                .build(),
        )
    }

    /// What was made from `key`.
    pub fn get(&self, key: Uuid) -> Option<Arc<str>> {
        self.0.get(&key)
    }

    /// Keeps what was made from `key`.
    pub fn insert(&self, key: Uuid, text: Arc<str>) {
        self.0.insert(key, text);
    }
}
