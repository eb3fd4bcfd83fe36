//! Answers that are watched, on the wire.

use async_graphql::{Context, ID, SimpleObject, Subscription, Union};
use async_stream::stream;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use serde_json::Value;

use super::completion::TokenUsage;
use super::input::AiCompleteInput;
use crate::ai::answer::FinishReason;
use crate::ai::asking::{self, CancelOnDrop};
use crate::ai::watching::{self, Event};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::context::Request;
use crate::graphql::cost::cost;

/// A piece of an answer. A replay may join pieces.
#[derive(SimpleObject)]
pub struct CompletionDelta {
    /// The position behind it, in Unicode code points of the answer; pass the last one seen as `afterSequence` to resume.
    sequence: i32,
    /// The text.
    text: String,
}

/// The end of an answer that is complete, or that somebody stopped.
#[derive(SimpleObject)]
pub struct CompletionFinished {
    /// The length of the answer, in Unicode code points.
    sequence: i32,
    /// Why it ended; CANCELLED where somebody stopped it.
    finish_reason: FinishReason,
    /// What it used.
    usage: Option<TokenUsage>,
    /// The whole answer.
    content: String,
    /// The whole answer, parsed, for the JSON formats.
    json: Option<Value>,
}

/// The end of an answer that went wrong; what had arrived is kept.
#[derive(SimpleObject)]
pub struct CompletionFailed {
    /// The length of what arrived, in Unicode code points.
    sequence: i32,
    /// What kind of failure it is: SCHEMA_MISMATCH where a JSON answer does not hold.
    code: UserErrorCode,
    /// What happened, for people.
    message: String,
    /// Asking again can succeed.
    retryable: bool,
}

/// What happens to an answer that is watched. After the last piece comes one end, with which the stream completes.
#[derive(Union)]
pub enum CompletionEvent {
    /// More text.
    Delta(CompletionDelta),
    /// A good end.
    Finished(CompletionFinished),
    /// A bad end.
    Failed(CompletionFailed),
}

impl From<Event> for CompletionEvent {
    fn from(event: Event) -> Self {
        match event {
            Event::Delta { sequence, text } => Self::Delta(CompletionDelta { sequence, text }),
            Event::Finished {
                sequence,
                finish,
                usage,
                content,
                json,
            } => Self::Finished(CompletionFinished {
                sequence,
                finish_reason: finish,
                usage: usage.map(TokenUsage),
                content,
                json,
            }),
            Event::Failed {
                sequence,
                code,
                message,
            } => Self::Failed(CompletionFailed {
                sequence,
                code,
                message,
                retryable: code.retryable(),
            }),
        }
    }
}

/// What can be watched of the AI.
#[derive(Default)]
pub struct AiSubscriptions;

/// What can be watched of the AI.
#[Subscription]
impl AiSubscriptions {
    /// Streams an answer. The same `requestId` within ten minutes resumes it instead of asking again; without one,
    /// unsubscribing cancels it. What is wrong with the input comes as CompletionFailed.
    #[graphql(directive = cost::apply(100))]
    async fn ai_completion_stream(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to continue.")] input: AiCompleteInput,
        #[graphql(
            desc = "Chosen by the client, 1 to 200 characters, new for each answer: with it the answer goes on while nobody is subscribed, and can be resumed."
        )]
        request_id: Option<ID>,
        #[graphql(
            desc = "Leaves out so many Unicode code points from the start of the answer: the `sequence` last seen."
        )]
        after_sequence: Option<i32>,
    ) -> Result<impl Stream<Item = Result<CompletionEvent>>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        viewer.require()?;
        let begun = match request_id {
            Some(id) => {
                let answer = asking::complete(app, viewer, input.read(), Some(id.0)).await;
                answer.map(|answer| (answer, None))
            }
            None => {
                let begun = asking::complete_while_watched(app, viewer, input.read()).await;
                begun.map(|(answer, cancel)| (answer, Some(cancel)))
            }
        };
        let events: BoxStream<'static, Result<CompletionEvent>> = match begun {
            Ok((answer, cancel)) => {
                let events = watching::follow(app, answer.id, after_sequence)?;
                told(events, cancel).boxed()
            }
            Err(Error::User(errors)) => {
                let failed = errors.into_iter().next().map(|error| {
                    Ok(CompletionEvent::Failed(CompletionFailed {
                        sequence: 0,
                        code: error.code,
                        retryable: error.retryable,
                        message: error.message,
                    }))
                });
                futures_util::stream::iter(failed).boxed()
            }
            Err(other) => return Err(other),
        };
        Ok(events)
    }
}

/// The events on the wire; `cancel` goes with the stream, unless that has come to its end.
fn told(
    events: impl Stream<Item = Result<Event>> + Send + 'static,
    mut cancel: Option<CancelOnDrop>,
) -> impl Stream<Item = Result<CompletionEvent>> + Send {
    stream! {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            if let (Ok(Event::Finished { .. } | Event::Failed { .. }), Some(cancel)) = (&event, &mut cancel) {
                cancel.ended();
            }
            yield event.map(CompletionEvent::from);
        }
        drop(cancel);
    }
}
