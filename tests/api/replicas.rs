//! Several servers on one PostgreSQL, with one Redis, without any, and with one that fails.

mod degraded;
mod forms;
mod revocation;
mod together;

use std::time::{Duration, Instant};

use pluma::presence::Entry;
use serde_json::Value;

use crate::pages::{change, done, stored};
use crate::support::{Client, Ending, Page, Stream, Subscription, TestApp, eventually, json};

/// Longer than anything takes that is not left to chance.
const PATIENCE: Duration = Duration::from_secs(30);
/// What must hold after a call is tried so often: a busy machine may be late now and then.
const TRIES: usize = 3;

const EVENTS: &str = "subscription ($id: ID!) {
    pageEvents(pageId: $id, afterRevision: 0) { kind revision { content } } }";
const MULTIPART: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0";

/// A page of `client`'s in a notebook of its own.
async fn page(client: &Client) -> Page {
    let notebook = client.notebook("N").await;
    client.page(&notebook, "T", "first\n").await
}

/// Subscribes to what happens to `page`, and reads what has happened already.
async fn follow(app: &TestApp, client: &Client, page: &Page) -> Subscription {
    let mut events = app
        .subscribe(client, EVENTS, json!({ "id": page.id }))
        .await;
    assert_eq!(event(&mut events).await["kind"], "CREATED");
    events
}

async fn event(events: &mut Subscription) -> Value {
    let mut payload = events.next().await;
    assert!(payload.get("errors").is_none(), "{payload:#}");
    payload["data"]["pageEvents"].take()
}

/// Autosaves on one server, and waits for it on another; gives the new base and how long that took.
async fn autosave(
    client: &Client,
    page: &Page,
    base: &str,
    text: &str,
    events: &mut Subscription,
) -> (String, Duration) {
    let input = json!({ "content": text, "autosave": true, "clientId": "tab" });
    let base = stored(client, &page.id, base, input).await;
    let start = Instant::now();
    let event = event(events).await;
    assert_eq!(event["kind"], "AUTOSAVED");
    assert_eq!(event["revision"]["content"], text);
    (base, start.elapsed())
}

/// The open streams of one session, of each kind.
struct Streams {
    socket: Subscription,
    events: Stream,
    parts: Stream,
}

impl Streams {
    async fn open(app: &TestApp, client: &Client, page: &Page) -> Self {
        let variables = json!({ "id": page.id });
        let mut events = Stream::open(app, client, "text/event-stream", EVENTS, &variables).await;
        events.until("\"CREATED\"").await;
        let mut parts = Stream::open(app, client, MULTIPART, EVENTS, &variables).await;
        parts.until("\"CREATED\"").await;
        let socket = follow(app, client, page).await;
        Self {
            socket,
            events,
            parts,
        }
    }

    /// Waits until all of them have been closed; gives how long that took.
    async fn closed(mut self) -> Duration {
        let start = Instant::now();
        assert_eq!(self.socket.ended().await, Ending::Closed(4403));
        for stream in [&mut self.events, &mut self.parts] {
            let rest = stream.rest().await;
            assert!(rest.contains("UNAUTHENTICATED"), "{rest}");
        }
        start.elapsed()
    }
}

/// A further device of a user, signed in at `app`.
async fn device(app: &TestApp, user: &Client) -> Client {
    user.at(&app.url()).another_device().await
}

async fn log_out(client: &Client) {
    let reply = client
        .graphql("mutation { logout { errors { code } } }", json!({}))
        .await;
    assert_eq!(reply.user_errors("logout"), &json!([]));
}

/// Whether `app` takes the client for who it says it is.
async fn is_known(app: &TestApp, client: &Client) -> bool {
    let client = client.at(&app.url());
    let reply = client.graphql("{ viewer { username } }", json!({})).await;
    reply.body["data"]["viewer"]["username"] == json!(client.username)
}

/// What `/readyz` says of the whole and of Redis.
async fn readiness(app: &TestApp) -> (u16, String, String) {
    let answer = app.client().get("/readyz").await;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let word = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let mut components = body["components"].as_array().unwrap().iter();
    let redis = components.find(|component| component["name"] == "redis");
    let redis = redis.map_or_else(|| "none".to_owned(), |redis| word(&redis["state"]));
    (status, word(&body["state"]), redis)
}

/// Somebody on a page.
fn somebody() -> Entry {
    Entry {
        id: pluma::clock::new_uuid(),
        user_id: pluma::id::UserId(pluma::clock::new_uuid()),
        editing: true,
        since: pluma::clock::Clock::default().now(),
    }
}
