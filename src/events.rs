//! Wake-up calls: a hint that something changed under a topic. What changed is read from the database,
//! so that a lost call costs time and nothing else.

mod everywhere;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use crate::config;
use crate::redis::Redis;
use everywhere::{Ears, Everywhere};

/// What a subscriber waits on: a notebook, a page's readers, a job.
pub type Topic = Uuid;

/// Topics and who waits on them, in this process and, over Redis, in every other one.
#[derive(Clone, Default)]
pub struct Events {
    topics: Topics,
    everywhere: Option<Arc<Everywhere>>,
}

/// Who waits in this process.
#[derive(Clone, Default)]
struct Topics(Arc<Mutex<HashMap<Topic, watch::Sender<u64>>>>);

/// Waits on one topic.
pub struct Listener {
    receiver: watch::Receiver<u64>,
    topic: Topic,
    topics: Topics,
}

impl Events {
    /// Calls that go to every process on the same Redis, where one is configured; gives it with them.
    pub async fn over(config: &config::Redis) -> (Self, Option<Redis>) {
        let topics = Topics::default();
        let ears = Arc::new(Ears::new(topics.clone()));
        let redis = Redis::start(config, Some(ears.clone())).await;
        let everywhere = redis
            .clone()
            .map(|redis| Arc::new(Everywhere::start(redis, ears)));
        (Self { topics, everywhere }, redis)
    }

    /// Starts listening: calls from now on are heard.
    pub fn listen(&self, topic: Topic) -> Listener {
        let receiver = self
            .topics
            .lock()
            .entry(topic)
            .or_insert_with(|| watch::channel(0).0)
            .subscribe();
        Listener {
            receiver,
            topic,
            topics: self.topics.clone(),
        }
    }

    /// Wakes everybody who listens to `topic`: at once here, and a moment later in other processes.
    pub fn wake(&self, topic: Topic) {
        self.wake_here(topic);
        if let Some(everywhere) = &self.everywhere {
            everywhere.wake(topic);
        }
    }

    /// Wakes those who listen to `topic` in this process alone.
    pub fn wake_here(&self, topic: Topic) {
        self.topics.wake(topic);
    }

    /// How many topics somebody listens to.
    pub fn topics(&self) -> usize {
        self.topics.lock().len()
    }

    /// How many calls of other processes have been heard.
    pub fn heard_from_elsewhere(&self) -> u64 {
        self.everywhere
            .as_ref()
            .map_or(0, |everywhere| everywhere.heard())
    }
}

impl Topics {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Topic, watch::Sender<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, topic: Topic) {
        if let Some(sender) = self.lock().get(&topic) {
            call(sender);
        }
    }

    /// Calls may have been lost, whoever they were for.
    fn wake_all(&self) {
        self.lock().values().for_each(call);
    }
}

fn call(sender: &watch::Sender<u64>) {
    sender.send_modify(|calls| *calls = calls.wrapping_add(1));
}

impl Listener {
    /// Waits for a call since the last one seen, at most `limit`.
    pub async fn heard(&mut self, limit: std::time::Duration) {
        // Elapsed or called: the caller looks again in both cases.
        let _ = tokio::time::timeout(limit, self.called()).await;
    }

    /// Waits for a call since the last one seen.
    pub async fn called(&mut self) {
        // The topic stays for as long as somebody listens.
        let _ = self.receiver.changed().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut topics = self.topics.lock();
        // This receiver still counts: one left means the last one is going.
        if topics
            .get(&self.topic)
            .is_some_and(|sender| sender.receiver_count() <= 1)
        {
            topics.remove(&self.topic);
        }
    }
}
