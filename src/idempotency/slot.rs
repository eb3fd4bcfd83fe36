//! What ties the transactions of a mutation to its idempotency key: each notes itself on the key's row, so that
//! the change and the knowledge of it are one commit.
//!
//! The slot travels with the task that runs the mutation; [`carried`] hands it on to where a store runs.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

tokio::task_local! {
    static SLOT: Option<Arc<Slot>>;
}

/// One try at a mutation.
#[derive(Debug)]
pub struct Slot {
    /// The key's row.
    pub id: Vec<u8>,
    /// The try.
    pub holder: i64,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    /// Of transactions that were committed.
    done: Vec<Value>,
    /// Of the one that runs.
    doing: Vec<Value>,
}

impl Slot {
    /// The try `holder` at the key of row `id`.
    pub fn new(id: Vec<u8>, holder: i64) -> Self {
        Self {
            id,
            holder,
            notes: Mutex::default(),
        }
    }

    /// Everything that is done once the running transaction is committed.
    pub fn notes(&self) -> Value {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.done.iter().chain(&notes.doing).cloned().collect()
    }
}

/// Runs `work` as the try of `slot`.
pub async fn scope<T>(slot: Arc<Slot>, work: impl Future<Output = T>) -> T {
    SLOT.scope(Some(slot), work).await
}

/// The try that runs here, if one does.
pub fn current() -> Option<Arc<Slot>> {
    SLOT.try_with(Clone::clone).ok().flatten()
}

/// `work` as the try that `slot` names, wherever it is polled; as none where it names none.
pub async fn carried<T>(slot: Option<Arc<Slot>>, work: impl Future<Output = T>) -> T {
    SLOT.scope(slot, work).await
}

/// Notes what the running transaction does, by the name that the audit log has for it.
pub fn note(action: &str, subject: Option<&str>) {
    if let Some(slot) = current() {
        let note = json!({ "action": action, "subjectId": subject });
        let mut notes = slot.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.doing.push(note);
    }
}

/// Closes the notes of a transaction that has ended.
pub fn ended(committed: bool) {
    if let Some(slot) = current() {
        let mut notes = slot.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let doing = std::mem::take(&mut notes.doing);
        if committed {
            notes.done.extend(doing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_carried_out_of_a_try_is_no_part_of_it() {
        let slot = Arc::new(Slot::new(vec![1], 1));
        let apart = async { carried(None, async { current().is_none() }).await };
        assert!(scope(Arc::clone(&slot), apart).await);
        let within = async { carried(current(), async { current().is_some() }).await };
        assert!(scope(slot, within).await);
        assert!(current().is_none());
    }
}
