//! Removes objects that no row names: their transaction never came, or their row went before them.

use std::collections::HashSet;
use std::hash::Hash;

use futures_util::TryStreamExt;

use super::{Storage, Stored};
use crate::db::types::Timestamp;
use crate::error::Result;

/// How long objects without a row are left alone: theirs may be about to be written.
pub const LEFT_ALONE_SECONDS: i64 = 24 * 3_600;
/// How many objects' rows are asked for at once.
const STEP: usize = 200;

impl Storage {
    /// Removes what lies under a prefix, was written before a time, and has no row: `read` tells the id from the last
    /// part of a key, and `named` which of some ids have a row. What has no id has no row. Gives how many objects
    /// went.
    pub async fn sweep<Id, Named>(
        &self,
        prefix: &str,
        before: Timestamp,
        read: impl Fn(&str) -> Option<Id>,
        named: impl Fn(Vec<Id>) -> Named,
    ) -> Result<usize>
    where
        Id: Copy + Eq + Hash,
        Named: Future<Output = Result<HashSet<Id>>>,
    {
        let old = self
            .list(prefix)
            .try_filter(|object| std::future::ready(object.written_at < before));
        let mut steps = std::pin::pin!(old.try_chunks(STEP));
        let mut removed = 0;
        while let Some(objects) = steps.try_next().await.map_err(|error| error.1)? {
            let id = |object: &Stored| object.key.rsplit('/').next().and_then(&read);
            let named = named(objects.iter().filter_map(id).collect()).await?;
            for object in objects {
                if id(&object).is_none_or(|id| !named.contains(&id)) {
                    self.delete(&object.key).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}
