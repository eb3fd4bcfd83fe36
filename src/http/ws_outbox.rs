//! The sending half of a WebSocket, bounded in messages and time, and what runs on it.

use super::ws_messages::Close;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Messages that wait for a slow client before its operations wait too.
const WAITING: usize = 16;
/// A write that takes longer ends the connection.
const LONGEST_WRITE: Duration = Duration::from_secs(30);

/// Sends messages in order through a task of its own, so that a slow client does not keep
/// the server from reading.
#[derive(Clone)]
pub struct Outbox {
    messages: mpsc::Sender<Message>,
    close: Arc<watch::Sender<Option<Close>>>,
}

impl Outbox {
    /// Starts the task; it ends with the last `Outbox`, a closing frame, or a failed write.
    pub fn start(mut sink: SplitSink<WebSocket, Message>) -> Self {
        let (messages, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while let Some(message) = waiting.recv().await {
                let is_last = matches!(message, Message::Close(_));
                let written = timeout(LONGEST_WRITE, sink.send(message)).await;
                if is_last || !matches!(written, Ok(Ok(()))) {
                    break;
                }
            }
        });
        Self {
            messages,
            close: Arc::new(watch::Sender::new(None)),
        }
    }

    /// Queues a message. An error means that the client is gone.
    pub async fn send(&self, message: Message) -> Result<(), Close> {
        self.send_if(message, || true).await
    }

    /// Queues a message if, once there is room for it, it is still wanted.
    pub async fn send_if(
        &self,
        message: Message,
        is_wanted: impl FnOnce() -> bool,
    ) -> Result<(), Close> {
        let room = self
            .messages
            .reserve()
            .await
            .map_err(|_| Close::new(1011, "Too slow"))?;
        if is_wanted() {
            room.send(message);
        }
        Ok(())
    }

    /// Pings, unless other messages wait: those tell as much.
    pub fn ping(&self) {
        let _ = self.messages.try_send(Message::Ping(Bytes::new()));
    }

    /// Asks the connection to close.
    pub fn close(&self, close: Close) {
        self.close.send_if_modified(|current| {
            let is_first = current.is_none();
            if is_first {
                *current = Some(close);
            }
            is_first
        });
    }

    /// Waits for `close`, or, giving `None`, for the end of the sending task.
    pub async fn closed(&self) -> Option<Close> {
        let mut asked = self.close.subscribe();
        tokio::select! {
            close = asked.wait_for(Option::is_some) => close.ok().and_then(|close| close.clone()),
            () = self.messages.closed() => None,
        }
    }
}

/// The operations of a connection by their ids.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<Operations>>);

#[derive(Default)]
struct Operations {
    last: u64,
    by_id: HashMap<String, (u64, Option<AbortHandle>)>,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, Operations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the id is in use.
    pub fn contains(&self, id: &str) -> bool {
        self.lock().by_id.contains_key(id)
    }

    /// How many run.
    pub fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Takes an id.
    pub fn slot(&self, id: &str) -> Slot {
        let mut operations = self.lock();
        operations.last += 1;
        let number = operations.last;
        operations.by_id.insert(id.to_owned(), (number, None));
        Slot {
            running: self.clone(),
            id: id.into(),
            number,
        }
    }

    /// Ends an operation, if it runs.
    pub fn stop(&self, id: &str) {
        if let Some((_, Some(task))) = self.lock().by_id.remove(id) {
            task.abort();
        }
    }
}

/// An operation's hold on its id. The number tells it from a later one with the same id.
#[derive(Clone)]
pub struct Slot {
    running: Running,
    id: Arc<str>,
    number: u64,
}

impl Slot {
    /// The client's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Remembers the task, to be able to stop it.
    pub fn start(&self, task: AbortHandle) {
        if let Some((number, handle)) = self.running.lock().by_id.get_mut(&*self.id)
            && *number == self.number
        {
            *handle = Some(task);
        }
    }

    /// Whether the client still wants results.
    pub fn is_running(&self) -> bool {
        let operations = self.running.lock();
        operations
            .by_id
            .get(&*self.id)
            .is_some_and(|(number, _)| *number == self.number)
    }

    /// Frees the id; `false` if the client did so before.
    pub fn finish(&self) -> bool {
        let mut operations = self.running.lock();
        let is_own = operations
            .by_id
            .get(&*self.id)
            .is_some_and(|(number, _)| *number == self.number);
        if is_own {
            operations.by_id.remove(&*self.id);
        }
        is_own
    }
}
