//! Two servers on one PostgreSQL and one Redis behave as one.

use std::time::Duration;

use pluma::db::{Db, postgres};
use pluma::jobs::{self, NewJob};
use pluma::limiter::Quota;

use super::*;
use crate::support::shared_redis;

/// How long subscribers wait at most before they look by themselves.
const LOOK_AGAIN: u32 = 5;

async fn pair() -> (TestApp, TestApp) {
    TestApp::replicas(Some(shared_redis()), |_| {}).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_autosave_on_one_server_reaches_a_subscriber_on_the_other_at_once() {
    let (a, b) = pair().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let mut events = follow(&b, &ann, &page).await;
    let (mut base, mut took) = (page.revision_id.clone(), Duration::ZERO);
    for number in 0..8 {
        let text = format!("text {number}\n");
        let done = autosave(&ann, &page, &base, &text, &mut events).await;
        base = done.0;
        took += done.1;
    }
    // Without calls each would wait for the next look, five seconds after the one before.
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(b.app().events.heard_from_elsewhere() >= 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_on_one_server_has_ended_on_the_other() {
    let (a, b) = pair().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let mut fastest = PATIENCE;
    for _ in 0..TRIES {
        let phone = device(&b, &ann).await;
        assert!(is_known(&a, &phone).await && is_known(&b, &phone).await);
        let streams = Streams::open(&b, &phone, &page).await;
        let elsewhere = follow(&b, &ann, &page).await;
        log_out(&phone.at(&a.url())).await;
        fastest = fastest.min(streams.closed().await);
        assert!(
            !is_known(&b, &phone).await,
            "and the next request is refused"
        );
        assert!(is_known(&b, &ann).await, "other sessions go on");
        elsewhere.stop().await;
    }
    assert!(fastest < Duration::from_secs(2), "{fastest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_are_shared() {
    let (a, b) = pair().await;
    let quota = Quota {
        capacity: 10,
        period: Duration::from_secs(24 * 3_600),
    };
    let (one, other) = (&a.app().limiter, &b.app().limiter);
    assert_eq!(one.charge("ann", quota, 6).await.remaining, 4);
    assert_eq!(other.charge("ann", quota, 3).await.remaining, 1);
    assert!(!one.charge("ann", quota, 2).await.allowed);
    other.refund("ann", quota, 3).await;
    assert!(one.charge("ann", quota, 4).await.allowed);
    assert_eq!(other.charge("bob", quota, 0).await.remaining, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_on_a_page_is_seen_from_every_server() {
    const PRESENCE: &str = "subscription ($id: ID!) {
        pagePresence(pageId: $id, editing: true) { editing user { username } } }";
    let (a, b) = pair().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let id = json!({ "id": page.id });
    let mut here = a.subscribe(&ann, PRESENCE, id.clone()).await;
    assert_eq!(names(&mut here).await, 1);
    let mut took = Duration::ZERO;
    for _ in 0..LOOK_AGAIN {
        let mut there = b.subscribe(&ann, PRESENCE, id.clone()).await;
        let start = Instant::now();
        let seen = names(&mut there).await;
        // The first look may come before Redis knows of the one who came a moment ago.
        if seen == 1 {
            assert_eq!(names(&mut there).await, 2);
        }
        assert_eq!(names(&mut here).await, 2);
        there.stop().await;
        assert_eq!(names(&mut here).await, 1);
        took += start.elapsed();
    }
    assert!(took < Duration::from_secs(15), "{took:?}");
}

/// How many the next list names.
async fn names(presence: &mut Subscription) -> usize {
    let payload = presence.next().await;
    let list = payload["data"]["pagePresence"].as_array().cloned();
    list.unwrap_or_else(|| panic!("{payload:#}")).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_wakes_the_workers_of_other_servers() {
    let sleepy = |config: &mut pluma::config::Config| {
        config.jobs.poll = Duration::from_secs(60);
        config.jobs.inline = false;
    };
    let redis = shared_redis();
    let (a, b) = TestApp::replicas(Some(redis), sleepy).await;
    let app = b.app().clone();
    let working = tokio::spawn(async move { pluma::work::run(&app).await });
    let (a, b) = (a.app(), b.app());
    for _ in 0..TRIES {
        let Db::Postgres(pool) = &a.db else {
            panic!("replicas share PostgreSQL");
        };
        // A worker's own housekeeping: it needs no slice, and does nothing here.
        let job = NewJob::new("jobs.clean", Value::Null, a.clock.now());
        let id = pool
            .write(move |conn| Box::pin(postgres::stores::jobs::enqueue_alone(conn, job)))
            .await
            .unwrap();
        let mut progress = a.events.listen(jobs::progress_topic(id));
        a.events.wake(jobs::topic());
        // The end of the job is called back from there.
        let ended = tokio::time::timeout(PATIENCE, progress.called()).await;
        ended.expect("the worker is woken before its next look, a minute later");
    }
    b.shutdown.cancel();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_one_server_has_rendered_is_not_rendered_by_the_other() {
    let (a, b) = pair().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let query = "query ($id: ID!) { page(id: $id) { html } }";
    let here = ann.graphql(query, json!({ "id": page.id })).await;
    let redis = a.app().redis.clone().unwrap();
    let key = redis.key("text", "*");
    eventually("the page is shared", async || {
        let mut keys = ::redis::cmd("KEYS");
        let found: Vec<String> = redis.query(keys.arg(&key)).await.unwrap();
        !found.is_empty()
    })
    .await;
    let there = ann
        .at(&b.url())
        .graphql(query, json!({ "id": page.id }))
        .await;
    assert_eq!(here.text("/page/html"), "<p>first</p>\n");
    assert_eq!(here.body["data"], there.body["data"]);
    assert_eq!((a.app().html.made(), b.app().html.made()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_a_component_that_is_up() {
    let (a, _b) = pair().await;
    assert_eq!(readiness(&a).await, (200, "up".to_owned(), "up".to_owned()));
    let text = a.client().get("/metrics").await.text().await.unwrap();
    assert!(text.contains("pluma_redis_up"), "{text}");
    let without = TestApp::sqlite().await;
    assert_eq!(readiness(&without).await.2, "none");
}
