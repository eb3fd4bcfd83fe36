//! GraphQL over Server-Sent Events, distinct connections mode: an operation, a connection.

use super::response::Payload;
use super::stream::{Event, body};
use async_graphql::Response;
use axum::http::{HeaderValue, header};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const COMPLETE: &[u8] = b"event: complete\ndata: \n\n";
const COMMENT: &[u8] = b":\n\n";

/// Answers with the events of an operation. `held` is dropped with the stream.
pub fn answer(
    events: impl Stream<Item = Event> + Send + 'static,
    keepalive: Duration,
    shutdown: CancellationToken,
    held: impl Send + 'static,
) -> axum::response::Response {
    let mut answer = axum::response::Response::new(body(frames(events, keepalive, shutdown, held)));
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept, Authorization, Cookie, Origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // nginx would collect events before passing them on.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    answer
}

fn frames(
    events: impl Stream<Item = Event> + Send + 'static,
    keepalive: Duration,
    shutdown: CancellationToken,
    held: impl Send + 'static,
) -> impl Stream<Item = Bytes> + Send + 'static {
    async_stream::stream! {
        let _held = held;
        let mut events = std::pin::pin!(events);
        // A first byte at once, so that the client knows it is connected.
        yield Bytes::from_static(COMMENT);
        loop {
            let event = tokio::select! {
                biased;
                // Without `complete`, the client knows to connect again.
                () = shutdown.cancelled() => return,
                event = events.next() => event,
                () = tokio::time::sleep(keepalive) => {
                    yield Bytes::from_static(COMMENT);
                    continue;
                }
            };
            match event {
                Some(Event::Next(response)) => yield next(&response),
                Some(Event::Failed(errors) | Event::SessionEnded(errors)) => {
                    yield next(&Response::from_errors(without_paths(errors)));
                    break;
                }
                None => break,
            }
        }
        yield Bytes::from_static(COMPLETE);
    }
}

/// A request error belongs to no field.
fn without_paths(errors: Vec<async_graphql::ServerError>) -> Vec<async_graphql::ServerError> {
    errors
        .into_iter()
        .map(|error| error.with_path(Vec::new()))
        .collect()
}

fn next(response: &Response) -> Bytes {
    let mut frame = b"event: next\ndata: ".to_vec();
    match serde_json::to_writer(&mut frame, &Payload(response)) {
        Ok(()) => frame.extend_from_slice(b"\n\n"),
        Err(error) => {
            tracing::error!(%error, "a GraphQL result could not be serialised");
            frame = COMMENT.to_vec();
        }
    }
    frame.into()
}
