//! Wake-up calls: a hint that something changed under a topic. What changed is read from the database,
//! so that a lost call costs time and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

/// What a subscriber waits on: a notebook, a page's readers, a job.
pub type Topic = Uuid;

/// Topics and who waits on them, within this process.
#[derive(Clone, Default)]
pub struct Events {
    topics: Arc<Mutex<HashMap<Topic, watch::Sender<u64>>>>,
}

/// Waits on one topic.
pub struct Listener {
    receiver: watch::Receiver<u64>,
    topic: Topic,
    events: Events,
}

impl Events {
    /// Starts listening: calls from now on are heard.
    pub fn listen(&self, topic: Topic) -> Listener {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = topics
            .entry(topic)
            .or_insert_with(|| watch::channel(0).0)
            .subscribe();
        Listener {
            receiver,
            topic,
            events: self.clone(),
        }
    }

    /// Wakes everybody who listens to `topic`.
    pub fn wake(&self, topic: Topic) {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.get(&topic) {
            sender.send_modify(|calls| *calls = calls.wrapping_add(1));
        }
    }

    /// How many topics somebody listens to.
    pub fn topics(&self) -> usize {
        self.topics
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl Listener {
    /// Waits for a call since the last one seen, at most `limit`.
    pub async fn heard(&mut self, limit: std::time::Duration) {
        // Elapsed or called: the caller looks again in both cases.
        let _ = tokio::time::timeout(limit, self.receiver.changed()).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut topics = self
            .events
            .topics
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // This receiver still counts: one left means the last one is going.
        if topics
            .get(&self.topic)
            .is_some_and(|sender| sender.receiver_count() <= 1)
        {
            topics.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn a_call_between_two_waits_is_not_lost() {
        let events = Events::default();
        let topic = Uuid::from_u128(1);
        let mut listener = events.listen(topic);
        events.wake(topic);
        let start = Instant::now();
        listener.heard(Duration::from_secs(30)).await;
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn the_last_listener_takes_the_topic_with_it() {
        let events = Events::default();
        let topic = Uuid::from_u128(1);
        let first = events.listen(topic);
        let second = events.listen(topic);
        drop(first);
        assert_eq!(events.topics(), 1);
        drop(second);
        assert_eq!(events.topics(), 0);
    }
}
