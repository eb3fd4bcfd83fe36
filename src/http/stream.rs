//! What the three streaming protocols share: the results of one operation, told apart.

use super::gateway::{Gateway, Viewer};
use super::operation::Operation;
use super::response::{code, complete_codes, is_request_error};
use async_graphql::parser::types::OperationType;
use async_graphql::{Response, ServerError, Value};
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Frames that wait for a slow client before its operation waits too.
const WAITING: usize = 4;
/// A frame that no client takes for longer ends the stream.
const LONGEST_WRITE: Duration = Duration::from_secs(30);

/// What happens to an operation, in order; `Failed` and `SessionEnded` are the last.
pub enum Event {
    /// A result.
    Next(Response),
    /// The operation could not start, or not go on.
    Failed(Vec<ServerError>),
    /// The viewer was signed in and is not any more.
    SessionEnded(Vec<ServerError>),
}

/// Runs an operation. Dropping the stream ends it.
pub fn events(
    gateway: &Gateway,
    viewer: Viewer,
    operation: Operation,
) -> impl Stream<Item = Event> + Send + 'static {
    let signed_in = !viewer.is_anonymous();
    let subscription = operation.kind == OperationType::Subscription;
    let mut responses = gateway.subscribe(viewer, operation.request);
    async_stream::stream! {
        let mut first = true;
        while let Some(mut response) = responses.next().await {
            complete_codes(&mut response);
            if signed_in && has_session_ended(&response) {
                yield Event::SessionEnded(response.errors);
                return;
            }
            if is_request_error(&response) || (subscription && first && has_no_source(&response)) {
                yield Event::Failed(response.errors);
                return;
            }
            first = false;
            yield Event::Next(response);
        }
    }
}

/// The events until the viewer's session ends, which `ended` waits for.
pub fn while_signed_in(
    events: impl Stream<Item = Event> + Send + 'static,
    ended: impl Future<Output = ServerError> + Send + 'static,
) -> impl Stream<Item = Event> + Send + 'static {
    async_stream::stream! {
        let mut events = std::pin::pin!(events);
        let mut ended = std::pin::pin!(ended);
        loop {
            tokio::select! {
                biased;
                error = &mut ended => {
                    yield Event::SessionEnded(vec![error]);
                    return;
                }
                event = events.next() => match event {
                    Some(event) => yield event,
                    None => return,
                },
            }
        }
    }
}

fn has_session_ended(response: &Response) -> bool {
    is_request_error(response)
        && response
            .errors
            .iter()
            .any(|error| code(error) == Some("UNAUTHENTICATED"))
}

/// A subscription field that fails to give its stream is answered by async-graphql with an
/// error at the field; by the specification that is a request error.
fn has_no_source(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.len() <= 1)
}

/// The body that sends frames as the client reads them. HTTP itself would hold the operation
/// for ever for a client that stays and does not read.
pub fn body(frames: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    let (sender, mut receiver) = mpsc::channel::<Result<Bytes, Infallible>>(WAITING);
    tokio::spawn(async move {
        let mut frames = std::pin::pin!(frames);
        loop {
            let frame = tokio::select! {
                () = sender.closed() => return,
                frame = frames.next() => frame,
            };
            let Some(frame) = frame else { return };
            if !matches!(
                timeout(LONGEST_WRITE, sender.send(Ok(frame))).await,
                Ok(Ok(()))
            ) {
                return;
            }
        }
    });
    Body::from_stream(futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context)
    }))
}
