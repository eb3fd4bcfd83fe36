//! A service of the network that answers as a test tells it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// What a service was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET /path?query`.
    pub line: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, where it is JSON.
    pub body: Value,
}

/// What it answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 200 and this.
    Json(Value),
    /// A status, and a text.
    Text(u16, String),
    /// A redirect to there.
    Redirect(String),
    /// A byte now and then, for ever.
    Trickle,
    /// Nothing, for ever.
    Silence,
}

type Rule = Box<dyn Fn(&Asked) -> Answer + Send>;

/// A running service.
#[derive(Clone)]
pub struct StandIn {
    asked: Arc<Mutex<Vec<Asked>>>,
    rule: Arc<Mutex<Rule>>,
    news: Arc<tokio::sync::Notify>,
    url: url::Url,
}

impl StandIn {
    /// Starts one.
    pub async fn start(rule: impl Fn(&Asked) -> Answer + Send + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Self {
            asked: Arc::default(),
            rule: Arc::new(Mutex::new(Box::new(rule))),
            news: Arc::default(),
            url: format!("http://{address}").parse().unwrap(),
        };
        let router = axum::Router::new()
            .fallback(answer)
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        service
    }

    /// Its address.
    pub fn url(&self) -> url::Url {
        self.url.clone()
    }

    /// Answers otherwise from now on.
    pub fn answer_with(&self, rule: impl Fn(&Asked) -> Answer + Send + 'static) {
        *self.rule.lock().unwrap() = Box::new(rule);
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until it was asked what `wanted` looks for.
    pub async fn until(&self, wanted: impl Fn(&Asked) -> bool) {
        let waiting = async {
            loop {
                let news = self.news.notified();
                if self.asked().iter().any(&wanted) {
                    return;
                }
                news.await;
            }
        };
        let waiting = tokio::time::timeout(Duration::from_secs(60), waiting);
        waiting.await.expect("the service is asked in time");
    }
}

async fn answer(State(service): State<StandIn>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap();
    let asked = Asked {
        line: format!("{} {}", head.method, head.uri),
        headers: head.headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    };
    let answer = (service.rule.lock().unwrap())(&asked);
    service.asked.lock().unwrap().push(asked);
    service.news.notify_waiters();
    match answer {
        Answer::Json(value) => axum::Json(value).into_response(),
        Answer::Text(status, text) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Answer::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Answer::Silence => std::future::pending().await,
        Answer::Trickle => {
            let bytes = async_stream::stream! {
                loop {
                    yield Ok::<_, Infallible>(Bytes::from_static(b" "));
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            Body::from_stream(bytes).into_response()
        }
    }
}
