//! Calls from process to process over one channel of Redis. What waits to be said is a bounded set of
//! topics; what does not fit becomes the one call that everybody should look.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::{Topic, Topics};
use crate::clock;
use crate::redis::{Hears, Redis};

/// How many topics wait to be said; more happen only while Redis is away.
const WAITING: usize = 4_096;
/// How many topics one message holds; one of none at all means every topic.
const TOGETHER: usize = 512;
/// The bytes of a topic, and of the number of the process that calls.
const WIDTH: usize = 16;

/// The way to other processes.
pub struct Everywhere {
    outbox: Arc<Outbox>,
    ears: Arc<Ears>,
    _stop: DropGuard,
}

/// What other processes' calls arrive at.
pub struct Ears {
    topics: Topics,
    own: Uuid,
    pub(super) heard: AtomicU64,
}

#[derive(Default)]
struct Outbox {
    waiting: Mutex<Waiting>,
    called: Notify,
}

#[derive(Default)]
struct Waiting {
    topics: HashSet<Topic>,
    all: bool,
}

impl Everywhere {
    /// Says over `redis` what [`Self::wake`] is told.
    pub fn start(redis: Redis, ears: Arc<Ears>) -> Self {
        let outbox = Arc::<Outbox>::default();
        let stop = CancellationToken::new();
        let saying = say(redis, Arc::clone(&outbox), ears.own);
        tokio::spawn(stop.clone().run_until_cancelled_owned(saying));
        Self {
            outbox,
            ears,
            _stop: stop.drop_guard(),
        }
    }

    /// Puts a call in line; it never waits.
    pub fn wake(&self, topic: Topic) {
        self.outbox.put(Some(topic));
        self.outbox.called.notify_one();
    }

    /// How many calls of other processes have arrived.
    pub fn heard(&self) -> u64 {
        self.ears.heard.load(Ordering::Relaxed)
    }
}

impl Outbox {
    /// Adds one topic, or all of them.
    fn put(&self, topic: Option<Topic>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match topic {
            Some(topic) if !waiting.all => drop(waiting.topics.insert(topic)),
            Some(_) => {}
            None => waiting.all = true,
        }
        if waiting.topics.len() > WAITING {
            waiting.all = true;
        }
        if waiting.all {
            waiting.topics.clear();
        }
    }

    /// Takes the next message; nothing where nothing waits.
    fn take(&self, own: Uuid) -> Option<(Vec<u8>, Waiting)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut message = own.as_bytes().to_vec();
        if std::mem::take(&mut waiting.all) {
            let taken = Waiting {
                all: true,
                ..Waiting::default()
            };
            return Some((message, taken));
        }
        let topics: HashSet<Topic> = waiting.topics.iter().copied().take(TOGETHER).collect();
        if topics.is_empty() {
            return None;
        }
        for topic in &topics {
            waiting.topics.remove(topic);
            message.extend_from_slice(topic.as_bytes());
        }
        let taken = Waiting { topics, all: false };
        Some((message, taken))
    }

    fn put_back(&self, taken: Waiting) {
        if taken.all {
            self.put(None);
        }
        for topic in taken.topics {
            self.put(Some(topic));
        }
    }
}

async fn say(redis: Redis, outbox: Arc<Outbox>, own: Uuid) {
    loop {
        outbox.called.notified().await;
        loop {
            redis.up().await;
            let Some((message, taken)) = outbox.take(own) else {
                break;
            };
            if redis.say(&message).await.is_err() {
                // It may have been said after all: a call that comes twice does no harm.
                outbox.put_back(taken);
            }
        }
    }
}

impl Ears {
    /// Wakes `topics`.
    pub fn new(topics: Topics) -> Self {
        Self {
            topics,
            own: clock::new_uuid(),
            heard: AtomicU64::new(0),
        }
    }
}

impl Hears for Ears {
    fn said(&self, message: &[u8]) {
        let (ids, []) = message.as_chunks::<WIDTH>() else {
            return;
        };
        let Some((from, topics)) = ids.split_first() else {
            return;
        };
        if from == self.own.as_bytes() {
            return;
        }
        self.heard.fetch_add(1, Ordering::Relaxed);
        if topics.is_empty() {
            self.topics.wake_all();
        }
        for topic in topics {
            self.topics.wake(Uuid::from_bytes(*topic));
        }
    }

    fn connected(&self) {
        self.topics.wake_all();
    }
}
