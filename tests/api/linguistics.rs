//! Sentiment and text analysis, built in and through a service of the network.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::support::*;

const SENTIMENT: &str =
    "query ($text: String!) { sentiment(text: $text) { label score language engine } }";

async fn sentiment(client: &Client, text: &str) -> Value {
    let reply = client.graphql(SENTIMENT, json!({ "text": text })).await;
    reply.data()["sentiment"].clone()
}

every_database!(
    async fn the_built_in_engine_knows_three_languages(app: TestApp) {
        let ann = app.user("ann").await;
        for (text, language, label) in [
            (
                "The book is wonderful and the people are kind.",
                json!("en"),
                "POSITIVE",
            ),
            (
                "O atendimento foi péssimo e demorou demais.",
                json!("pt"),
                "NEGATIVE",
            ),
            (
                "La reunión empieza a las nueve del lunes.",
                json!("es"),
                "NEUTRAL",
            ),
            ("この本はとても良い。", Value::Null, "NEUTRAL"),
            ("", Value::Null, "NEUTRAL"),
        ] {
            let found = sentiment(&ann, text).await;
            assert_eq!(found["label"], label, "{text}");
            assert_eq!(found["language"], language, "{text}");
            assert_eq!(found["engine"], "builtin");
        }
    }
);

every_database!(
    async fn a_text_is_measured(app: TestApp) {
        let ann = app.user("ann").await;
        let query = "query ($text: String!) { analyzeText(text: $text) {
            language wordCount sentenceCount readingMinutes readability sentiment { label engine } } }";
        let text = "The cat sat on the mat. It was happy. ".repeat(34);
        let reply = ann.graphql(query, json!({ "text": text })).await;
        let found = reply.at("/analyzeText");
        assert_eq!(found["language"], "en");
        assert_eq!(found["wordCount"], 9 * 34);
        assert_eq!(found["sentenceCount"], 2 * 34);
        let minutes = found["readingMinutes"].as_f64().unwrap();
        assert!((minutes - 306.0 / 238.0).abs() < 1e-9, "{minutes}");
        assert!(found["readability"].as_f64().unwrap() > 80.0);
        assert_eq!(found["sentiment"]["label"], "POSITIVE");
        let empty = ann.graphql(query, json!({ "text": " … " })).await;
        assert_eq!(empty.at("/analyzeText/wordCount"), 0);
        assert_eq!(empty.at("/analyzeText/readability"), &Value::Null);
    }
);

every_database!(
    async fn texts_that_are_too_long_and_strangers_are_refused(app: TestApp) {
        let ann = app.user("ann").await;
        let long = "é".repeat(100_001);
        let reply = ann.graphql(SENTIMENT, json!({ "text": long })).await;
        assert_eq!(reply.code(), "BAD_USER_INPUT");
        let longest = "é".repeat(100_000);
        assert_eq!(sentiment(&ann, &longest).await["engine"], "builtin");
        let reply = ann.graphql(SENTIMENT, json!({ "text": "a\u{0}" })).await;
        assert_eq!(reply.code(), "BAD_USER_INPUT");
        let reply = app
            .client()
            .graphql(SENTIMENT, json!({ "text": "good" }))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

/// A stand-in of the service: it answers as it is told, or as the sentence says.
#[derive(Clone, Default)]
struct Service {
    asked: Arc<AtomicUsize>,
    answers: Arc<Mutex<Vec<(u16, String)>>>,
}

#[derive(serde::Deserialize)]
struct Asked {
    key: String,
    sentence: String,
}

async fn answer(State(service): State<Service>, Query(asked): Query<Asked>) -> Response {
    service.asked.fetch_add(1, Ordering::SeqCst);
    let told = service.answers.lock().unwrap().pop();
    match told {
        Some((status, body)) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        None => axum::Json(json!({ "key": asked.key, "sentiment": 0.75, "of": asked.sentence }))
            .into_response(),
    }
}

impl Service {
    /// Starts it; gives its address too.
    async fn start() -> (Self, url::Url) {
        let service = Self::default();
        let router = axum::Router::new()
            .route("/sentiment", get(answer))
            .with_state(service.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (
            service,
            format!("http://{address}/sentiment?tenant=1")
                .parse()
                .unwrap(),
        )
    }

    fn will_answer(&self, status: u16, body: &str, times: usize) {
        let mut answers = self.answers.lock().unwrap();
        answers.clear();
        answers.extend(std::iter::repeat_n((status, body.to_owned()), times));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn with_service() -> (TestApp, Client, Service) {
    let (service, url) = Service::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| config.linguistics.url = Some(url)).await;
    let ann = app.user("ann").await;
    (app, ann, service)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_s_answer_is_taken_and_named() {
    let (_app, ann, service) = with_service().await;
    let found = sentiment(&ann, "The worst of all & it's \"mine\"?").await;
    assert_eq!(found["engine"], "linguistics");
    assert_eq!(found["score"], 0.75);
    assert_eq!(found["label"], "POSITIVE");
    assert_eq!(found["language"], "en");
    assert_eq!(service.asked(), 1);
    // Sentences that no address holds stay here.
    assert_eq!(
        sentiment(&ann, &"good ".repeat(1_000)).await["engine"],
        "builtin"
    );
    assert_eq!(service.asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_fails_for_a_moment_is_asked_again() {
    let (_app, ann, service) = with_service().await;
    service.will_answer(503, "", 2);
    assert_eq!(sentiment(&ann, "good").await["engine"], "linguistics");
    assert_eq!(service.asked(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_can_use_fall_back_to_the_built_in_engine() {
    let (_app, ann, service) = with_service().await;
    for (status, body) in [
        (200, "not JSON"),
        (200, r#"{"key": "another", "sentiment": 1}"#),
        (200, r#"{"sentiment": 7}"#),
        (403, "{}"),
    ] {
        service.will_answer(status, body, 1);
        let before = service.asked();
        let found = sentiment(&ann, "This is good.").await;
        assert_eq!(found["engine"], "builtin", "{status} {body}");
        assert_eq!(found["label"], "POSITIVE");
        // No use in asking again.
        assert_eq!(service.asked(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_keeps_failing_is_left_alone() {
    let (_app, ann, service) = with_service().await;
    service.will_answer(500, "", 100);
    for _ in 0..4 {
        assert_eq!(sentiment(&ann, "This is good.").await["engine"], "builtin");
    }
    // Three tries, then two; from the fifth failure on nobody asks.
    assert_eq!(service.asked(), 5);
}
