//! Apollo's multipart subscription protocol, version 1.0, as Apollo Client reads it.

use super::response::{Payload, coded};
use super::stream::{Event, body};
use async_graphql::{Response, ServerError};
use axum::http::{HeaderValue, header};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const CONTENT_TYPE: &str = r#"multipart/mixed;boundary="graphql";subscriptionSpec=1.0"#;
/// Written after each part and not before the next: clients wait for it.
const DELIMITER: &[u8] = b"\r\n--graphql";
const HEADERS: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n";
const END: &[u8] = b"--\r\n";

/// A part of the answer.
#[derive(Serialize)]
#[serde(untagged)]
enum Part<'a> {
    /// A result of the operation.
    Result { payload: Payload<'a> },
    /// The end of the transport, not of the operation.
    Broken {
        payload: (),
        errors: &'a [ServerError],
    },
    /// A sign of life.
    Heartbeat {},
}

/// Answers with the events of an operation. `held` is dropped with the stream.
pub fn answer(
    events: impl Stream<Item = Event> + Send + 'static,
    keepalive: Duration,
    shutdown: CancellationToken,
    held: impl Send + 'static,
) -> axum::response::Response {
    let mut answer = axum::response::Response::new(body(parts(events, keepalive, shutdown, held)));
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept, Authorization, Cookie, Origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    answer
}

fn parts(
    events: impl Stream<Item = Event> + Send + 'static,
    keepalive: Duration,
    shutdown: CancellationToken,
    held: impl Send + 'static,
) -> impl Stream<Item = Bytes> + Send + 'static {
    async_stream::stream! {
        let _held = held;
        let mut events = std::pin::pin!(events);
        yield Bytes::from_static(DELIMITER);
        yield part(&Part::Heartbeat {});
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {
                    let error = coded("SERVICE_UNAVAILABLE", "The server is going away; connect again.");
                    yield part(&Part::Broken { payload: (), errors: &[error] });
                    break;
                }
                event = events.next() => match event {
                    Some(Event::Next(response)) => {
                        yield part(&Part::Result { payload: Payload(&response) });
                    }
                    Some(Event::Failed(errors)) => {
                        let errors = errors.into_iter().map(|error| error.with_path(Vec::new()));
                        let response = Response::from_errors(errors.collect());
                        yield part(&Part::Result { payload: Payload(&response) });
                        break;
                    }
                    Some(Event::SessionEnded(errors)) => {
                        yield part(&Part::Broken { payload: (), errors: &errors });
                        break;
                    }
                    None => break,
                },
                () = tokio::time::sleep(keepalive) => yield part(&Part::Heartbeat {}),
            }
        }
        yield Bytes::from_static(END);
    }
}

fn part(part: &Part<'_>) -> Bytes {
    let mut bytes = HEADERS.to_vec();
    if let Err(error) = serde_json::to_writer(&mut bytes, part) {
        tracing::error!(%error, "a GraphQL result could not be serialised");
        bytes.truncate(HEADERS.len());
        bytes.extend_from_slice(b"{}");
    }
    bytes.extend_from_slice(DELIMITER);
    bytes.into()
}
