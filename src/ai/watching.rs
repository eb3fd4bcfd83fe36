//! Watching an answer: its text as it is stored, then its end; from anywhere, by anybody who may, as often as they like.

use async_stream::try_stream;
use futures_util::{Stream, StreamExt};
use serde_json::Value;

use super::Usage;
use super::answer::{Answer, AnswerStatus, FinishReason, transcript};
use super::service::parsed;
use crate::app::App;
use crate::db::query;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::AnswerId;
use crate::transcripts::Watching;

/// What a watcher is told. A sequence is the position in the answer behind what is told, in Unicode code points.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// More of the text.
    Delta {
        /// Where it ends.
        sequence: i32,
        /// What it says.
        text: String,
    },
    /// There is no more: it is complete, or somebody stopped it.
    Finished {
        /// The length of the whole.
        sequence: i32,
        /// Why it ended.
        finish: FinishReason,
        /// What it used.
        usage: Option<Usage>,
        /// The whole.
        content: String,
        /// The whole, parsed, where JSON was asked for.
        json: Option<Value>,
    },
    /// It went wrong.
    Failed {
        /// The length of what arrived.
        sequence: i32,
        /// What kind of failure it is.
        code: UserErrorCode,
        /// What happened.
        message: String,
    },
}

/// Follows an answer behind its first `after` characters, to its end. The stream also ends with the answer's removal.
pub fn follow(
    app: &App,
    id: AnswerId,
    after: Option<i32>,
) -> Result<impl Stream<Item = Result<Event>> + Send + use<>> {
    let after = position(after)?;
    let watching = Watching {
        db: app.db.clone(),
        events: app.events.clone(),
        recorder: app.recorder.clone(),
    };
    let db = app.db.clone();
    Ok(try_stream! {
        let mut sequence = after;
        let mut texts = std::pin::pin!(watching.follow(transcript(id), after));
        while let Some(text) = texts.next().await {
            let text = text?;
            sequence = sequence.saturating_add(characters(&text));
            yield Event::Delta { sequence, text };
        }
        if let Some(answer) = query!(db, answers::find(id))? {
            let content = query!(db, transcripts::read(transcript(id), 0))?;
            yield ending(answer, content.map(|stored| stored.text).unwrap_or_default());
        }
    })
}

/// A text that was complete from the start, as an answer that is watched.
pub fn of_text(content: String, after: Option<i32>) -> Result<Vec<Event>> {
    let sequence = characters(&content);
    let skipped = usize::try_from(position(after)?).unwrap_or(0);
    let text: String = content.chars().skip(skipped).collect();
    let delta = (!text.is_empty()).then_some(Event::Delta { sequence, text });
    let finished = Event::Finished {
        sequence,
        finish: FinishReason::Stop,
        usage: None,
        content,
        json: None,
    };
    Ok(delta.into_iter().chain([finished]).collect())
}

fn position(after: Option<i32>) -> Result<i32> {
    match after.unwrap_or(0) {
        after @ 0.. => Ok(after),
        _ => Err(Error::bad_input(
            "`afterSequence` counts characters: pass the last `sequence` that was seen, or leave it out.",
        )),
    }
}

fn ending(answer: Answer, content: String) -> Event {
    let sequence = characters(&content);
    match answer.status {
        AnswerStatus::Complete | AnswerStatus::Cancelled => Event::Finished {
            sequence,
            finish: answer.finish_reason.unwrap_or(FinishReason::Stop),
            usage: answer.usage(),
            json: match answer.wants_json && answer.status == AnswerStatus::Complete {
                true => parsed(&content),
                false => None,
            },
            content,
        },
        AnswerStatus::Failed | AnswerStatus::Interrupted | AnswerStatus::Streaming => {
            let message = "The answer broke off; what had arrived is kept.".to_owned();
            Event::Failed {
                sequence,
                code: answer.error_code.unwrap_or(UserErrorCode::Interrupted),
                message: answer.error.unwrap_or(message),
            }
        }
    }
}

fn characters(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}
