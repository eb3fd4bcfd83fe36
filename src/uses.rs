//! When sessions and keys were used: collected in memory for a moment and then written together, so that no
//! request pays for a write of its own.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::db::types::Timestamp;
use crate::id::{ApiKeyId, SessionId};

/// As many wait at most; what comes beyond is noted when it is used again.
const MOST: usize = 10_000;

/// What has been used and is yet to be written; cheap to clone.
#[derive(Clone, Default)]
pub struct Uses(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    batch: Batch,
    /// Somebody will take what is here.
    expected: bool,
}

/// What was used since the last batch was taken.
#[derive(Debug, Default)]
pub struct Batch {
    /// The last time that anything of it was used.
    pub at: Option<Timestamp>,
    /// Sessions, with an address where it is another one than before.
    pub sessions: HashMap<SessionId, Option<String>>,
    /// API keys.
    pub keys: HashSet<ApiKeyId>,
}

impl Uses {
    /// Notes the use of a session. True where nobody is about to take the batch: the caller has to see to it.
    #[must_use]
    pub fn session(&self, id: SessionId, moved_to: Option<String>, at: Timestamp) -> bool {
        self.note(at, |batch| {
            batch.sessions.insert(id, moved_to);
        })
    }

    /// The same for an API key.
    #[must_use]
    pub fn key(&self, id: ApiKeyId, at: Timestamp) -> bool {
        self.note(at, |batch| {
            batch.keys.insert(id);
        })
    }

    /// Everything that waits.
    pub fn take(&self) -> Batch {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting).batch
    }

    fn note(&self, at: Timestamp, put: impl FnOnce(&mut Batch)) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.batch.sessions.len() + waiting.batch.keys.len() >= MOST {
            return false;
        }
        put(&mut waiting.batch);
        waiting.batch.at = waiting.batch.at.max(Some(at));
        !std::mem::replace(&mut waiting.expected, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_use_of_a_batch_asks_for_it_to_be_taken() {
        let uses = Uses::default();
        let (session, key) = (SessionId::new(), ApiKeyId::new());
        let later = Timestamp::EPOCH.plus_seconds(1);
        assert!(uses.session(session, None, later));
        assert!(!uses.session(session, Some("::1".to_owned()), Timestamp::EPOCH));
        assert!(!uses.key(key, Timestamp::EPOCH));
        let batch = uses.take();
        assert_eq!(batch.at, Some(later));
        assert_eq!(batch.sessions[&session].as_deref(), Some("::1"));
        assert!(batch.keys.contains(&key));
        assert!(uses.key(key, later));
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let uses = Uses::default();
        for _ in 0..MOST + 10 {
            let _ = uses.key(ApiKeyId::new(), Timestamp::EPOCH);
        }
        assert_eq!(uses.take().keys.len(), MOST);
    }
}
