//! DataLoaders: the `dataloader` crate behind a type that knows our errors.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use dataloader::BatchFn;
use dataloader::non_cached;
use futures_util::future::BoxFuture;

use crate::error::{Error, Result};

/// Loads many keys in one statement. It gathers the keys that resolvers of one request ask for at the
/// same time, and remembers nothing, so that a mutation's later fields see what the earlier ones wrote.
pub struct Loader<K, V>(non_cached::Loader<K, Result<Option<V>>, Batch<K, V>>)
where
    K: Eq + Hash + Clone + Debug + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static;

type Fetch<K, V> =
    Box<dyn Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>>> + Send + Sync + 'static>;

/// The function that fetches a batch.
pub struct Batch<K, V>(Fetch<K, V>);

impl<K, V> BatchFn<K, Result<Option<V>>> for Batch<K, V>
where
    K: Eq + Hash + Clone + Debug + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Result<Option<V>>> {
        match (self.0)(keys.to_vec()).await {
            Ok(mut found) => keys
                .iter()
                .map(|key| (key.clone(), Ok(found.remove(key))))
                .collect(),
            Err(error) => keys
                .iter()
                .map(|key| (key.clone(), Err(error.clone())))
                .collect(),
        }
    }
}

impl<K, V> Loader<K, V>
where
    K: Eq + Hash + Clone + Debug + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A loader around a function from keys to what was found of them.
    pub fn new<F, Found>(fetch: F) -> Self
    where
        F: Fn(Vec<K>) -> Found + Send + Sync + 'static,
        Found: Future<Output = Result<HashMap<K, V>>> + Send + 'static,
    {
        let batch: Batch<K, V> = Batch(Box::new(move |keys| Box::pin(fetch(keys))));
        Self(non_cached::Loader::new(batch).with_max_batch_size(500))
    }

    /// What stands under `key`.
    pub async fn load(&self, key: K) -> Result<Option<V>> {
        self.0.try_load(key).await.map_err(Error::caused_by)?
    }
}
