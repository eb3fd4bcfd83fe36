//! Follows a text as it grows, wherever it is written.

use std::time::Duration;

use super::{Recorder, topic};
use crate::db::{Db, query};
use crate::error::Result;
use crate::events::Events;
use crate::id::TranscriptId;
use async_stream::try_stream;
use futures_util::Stream;

/// How long a watcher waits for a call before it looks by itself, where the text is written in another process.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What is needed to follow texts.
#[derive(Clone)]
pub struct Watching {
    /// Where they are stored.
    pub db: Db,
    /// Who calls.
    pub events: Events,
    /// Who writes in this process.
    pub recorder: Recorder,
}

impl Watching {
    /// The text behind its first `after` characters, as it comes; ends when it is closed, or gone.
    pub fn follow(
        self,
        transcript: TranscriptId,
        after: i32,
    ) -> impl Stream<Item = Result<String>> + Send {
        try_stream! {
            // Listening before the first look: nothing that happens in between is missed.
            let mut calls = self.events.listen(topic(transcript));
            let mut at = after;
            loop {
                if let Some(shown) = self.recorder.shown(transcript)
                    && let Some(mut bytes) = shown.bytes_of(at)
                {
                    // From memory, as long as it is written here.
                    loop {
                        let (text, mut more) = shown.after(bytes);
                        if !text.is_empty() {
                            bytes += text.len();
                            at = at.saturating_add(characters(&text));
                            yield text;
                        } else if more.borrow_and_update().left || more.changed().await.is_err() {
                            break;
                        }
                    }
                }
                let stored = query!(self.db, transcripts::read(transcript, at))?;
                let Some(stored) = stored else { break };
                if !stored.text.is_empty() {
                    at = at.saturating_add(characters(&stored.text));
                    yield stored.text;
                }
                if stored.closed {
                    break;
                }
                calls.heard(LOOK_AGAIN).await;
            }
        }
    }
}

fn characters(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}
