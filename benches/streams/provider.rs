//! A provider that answers at a steady pace, so that what comes late was late elsewhere.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;

/// How it answers.
#[derive(Clone, Copy)]
pub struct Pace {
    /// How long its first token takes.
    pub first: Duration,
    /// How long each other one takes.
    pub each: Duration,
    /// How many there are.
    pub tokens: u32,
}

/// Starts it; gives its address.
pub async fn start(pace: Pace) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/v1/chat/completions", post(async move || answer(pace)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// The text of a whole answer.
pub fn text(pace: Pace) -> String {
    (0..pace.tokens).map(token).collect()
}

fn token(number: u32) -> String {
    format!("token{number} ")
}

fn answer(pace: Pace) -> Response {
    let began = Instant::now();
    let events = stream::unfold(0, move |number| async move {
        let data = if number < pace.tokens {
            tokio::time::sleep_until(began + pace.first + pace.each * number).await;
            json!({ "model": "steady", "choices": [{ "index": 0, "delta": { "content": token(number) } }] })
        } else if number == pace.tokens {
            json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }],
                "usage": { "prompt_tokens": 10, "completion_tokens": pace.tokens, "total_tokens": pace.tokens + 10 } })
        } else if number == pace.tokens + 1 {
            return Some((
                Ok::<_, Infallible>(Bytes::from_static(b"data: [DONE]\n\n")),
                number + 1,
            ));
        } else {
            return None;
        };
        Some((Ok(Bytes::from(format!("data: {data}\n\n"))), number + 1))
    });
    let mut response = Body::from_stream(events).into_response();
    let kind = header::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
