//! A stand-in of an AI provider: it speaks the wire format, and misbehaves as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use pluma::config::{AiKind, AiProvider};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// What it says next.
#[derive(Clone, Debug)]
pub enum Said {
    /// This status, these headers, this body.
    Plain(u16, Vec<(&'static str, String)>, String),
    /// A whole answer.
    Text(String),
    /// These events, and then the end of the connection: what stands after `data: ` of each, and how long each takes.
    Events(Vec<(Duration, String)>),
    /// These events, each of them when a permit is added; when the semaphore is closed, the end of the connection.
    Held(Arc<Semaphore>, Vec<String>),
    /// These pieces of text, and then a connection that is cut in the middle.
    Cut(Vec<&'static str>),
    /// Nothing, for ever.
    Nothing,
    /// A comment now and then, for ever.
    Trickle,
}

impl Said {
    /// A status alone.
    pub fn status(status: u16) -> Self {
        Self::Plain(status, Vec::new(), String::new())
    }

    /// These pieces of text as a stream that ends well.
    pub fn pieces(pieces: &[&str]) -> Self {
        let events = events_of(pieces.iter().copied()).into_iter();
        Self::Events(events.map(|event| (Duration::ZERO, event)).collect())
    }

    /// The same, each piece when a permit is added to the semaphore; the end needs two.
    pub fn held<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (Self, Arc<Semaphore>) {
        let gate = Arc::new(Semaphore::new(0));
        (Self::Held(Arc::clone(&gate), events_of(pieces)), gate)
    }
}

/// The events of these pieces of text and of a good end.
fn events_of<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut events: Vec<_> = pieces.into_iter().map(piece_of).collect();
    events.push(json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }).to_string());
    events.push("[DONE]".to_owned());
    events
}

/// The event of one piece of text.
pub fn piece_of(text: &str) -> String {
    json!({ "model": "stand-in-1", "choices": [{ "index": 0, "delta": { "content": text } }] })
        .to_string()
}

/// A request that it got.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub authorization: Option<String>,
    pub api_key: Option<String>,
    pub body: Value,
}

/// The stand-in.
#[derive(Clone)]
pub struct Provider {
    said: Arc<Mutex<VecDeque<Said>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    address: std::net::SocketAddr,
}

impl Provider {
    /// Starts it. Unless told otherwise it answers every question with `Answer N to: …`.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            said: Arc::default(),
            asked: Arc::default(),
            address: listener.local_addr().unwrap(),
        };
        let router = axum::Router::new()
            .fallback(answer)
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// What it says next, in order; afterwards it behaves again.
    pub fn will_say(&self, said: impl IntoIterator<Item = Said>) {
        let mut next = self.said.lock().unwrap();
        next.clear();
        next.extend(said);
    }

    /// What it was asked, lists of models left out.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Its address, as configurations have it.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Its place in a configuration.
    pub fn configured(&self, name: &str, kind: AiKind) -> AiProvider {
        AiProvider {
            name: name.to_owned(),
            kind,
            base_url: Some(self.base_url().parse().unwrap()),
            api_key: Some("the-key-of-the-stand-in".to_owned().into()),
            model: "stand-in".to_owned(),
            api_version: (kind != AiKind::OpenAi).then(|| "2024-10-21".to_owned()),
            concurrency: 64,
        }
    }
}

async fn answer(State(provider): State<Provider>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().to_string();
    if path.contains("/models") {
        let list = json!({ "object": "list", "data": [{ "id": "stand-in", "owned_by": "tests" }, { "id": "large" }] });
        return axum::Json(list).into_response();
    }
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let header = |name: &str| {
        let value = parts.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let number = {
        let mut asked = provider.asked.lock().unwrap();
        asked.push(Asked {
            path,
            authorization: header("authorization"),
            api_key: header("api-key"),
            body: body.clone(),
        });
        asked.len()
    };
    let said = provider.said.lock().unwrap().pop_front();
    let streamed = body["stream"] == true;
    let last = body["messages"].as_array().unwrap().last().unwrap()["content"].clone();
    let text = format!("Answer {number} to: {}", last.as_str().unwrap_or_default());
    match said.unwrap_or(Said::Text(text)) {
        Said::Plain(status, headers, body) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Said::Text(text) if streamed => {
            let words = text.split_inclusive(' ').map(|word| (Duration::ZERO, piece_of(word)));
            let mut events: Vec<_> = words.collect();
            let usage = json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18 } });
            events.push((Duration::ZERO, json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }).to_string()));
            events.push((Duration::ZERO, usage.to_string()));
            events.push((Duration::ZERO, "[DONE]".to_owned()));
            event_stream(of_events(events))
        }
        Said::Text(text) => axum::Json(json!({
            "id": "1", "object": "chat.completion", "model": "stand-in-1",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18 },
        }))
        .into_response(),
        Said::Events(events) => event_stream(of_events(events)),
        Said::Cut(pieces) => {
            let pieces = pieces.into_iter().map(|piece| (Duration::ZERO, piece_of(piece)));
            // What was said arrives before the connection goes.
            let cut = stream::once(async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Err(std::io::Error::other("cut"))
            });
            event_stream(of_events(pieces.collect()).chain(cut))
        }
        Said::Held(gate, events) => event_stream(stream::unfold(
            (gate, events.into_iter()),
            |(gate, mut events)| async move {
                gate.acquire().await.ok()?.forget();
                let data = events.next()?;
                Some((Ok(Bytes::from(format!("data: {data}\n\n"))), (gate, events)))
            },
        )),
        Said::Nothing => std::future::pending().await,
        Said::Trickle => event_stream(stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Some((Ok(Bytes::from_static(b": still here\n\n")), ()))
        })),
    }
}

type Part = std::io::Result<Bytes>;

fn of_events(events: Vec<(Duration, String)>) -> impl Stream<Item = Part> + Send + 'static {
    stream::iter(events).then(|(pause, data)| async move {
        tokio::time::sleep(pause).await;
        Ok(Bytes::from(format!("data: {data}\n\n")))
    })
}

fn event_stream(parts: impl Stream<Item = Part> + Send + 'static) -> Response {
    let mut response = Body::from_stream(parts).into_response();
    let kind = "text/event-stream; charset=utf-8".parse().unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
