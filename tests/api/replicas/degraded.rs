//! Redis that dies, freezes, forgets or is not there: the servers go on, say so, and recover by themselves.

use std::time::Duration;

use pluma::limiter::Quota;

use super::*;
use crate::support::{RedisServer, shared_redis};

const QUOTA: Quota = Quota {
    capacity: 1_000,
    period: Duration::from_secs(24 * 3_600),
};

/// How Redis fails, and comes back.
struct Failure {
    fail: fn(&mut RedisServer),
    recover: fn(&mut RedisServer),
}

async fn the_servers_go_on_and_recover(failure: Failure) {
    let mut redis = RedisServer::start();
    let (a, b) = TestApp::replicas(Some(redis.settings()), |_| {}).await;
    let both = [&a, &b];
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let mut events = follow(&b, &ann, &page).await;
    let (base, _) = autosave(&ann, &page, &page.revision_id, "with\n", &mut events).await;
    let phone = device(&b, &ann).await;
    // Of another page: nothing is to come of these but their end.
    let quiet = super::page(&ann).await;
    let streams = Streams::open(&b, &phone, &quiet).await;
    let room = pluma::clock::new_uuid();
    let (at_a, at_b) = (somebody(), somebody());
    let _at_a = a.app().presence.enter(room, at_a.clone());
    let _at_b = b.app().presence.enter(room, at_b.clone());
    let together = [at_a.clone(), at_b.clone()];
    eventually("both are seen by both", async || {
        a.app().presence.list(room).await == together
            && b.app().presence.list(room).await == together
    })
    .await;

    (failure.fail)(&mut redis);
    for app in both {
        let noticed = app.app().redis.as_ref().unwrap().down();
        let noticed = tokio::time::timeout(PATIENCE, noticed).await;
        noticed.expect("the end of Redis is noticed without a request");
        let degraded = (200, "degraded".to_owned(), "degraded".to_owned());
        assert_eq!(readiness(app).await, degraded);
    }
    // Nobody waits for Redis any more, and nobody is locked out.
    let (start, alone) = (Instant::now(), std::slice::from_ref(&at_a));
    for _ in 0..100 {
        assert!(a.app().limiter.charge("ann", QUOTA, 1).await.allowed);
        assert_eq!(a.app().presence.list(room).await, alone);
    }
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert!(is_known(&a, &ann).await && is_known(&b, &ann).await);
    // Streams go on: what is not called out is found at the next look.
    let (base, _) = autosave(&ann, &page, &base, "without\n", &mut events).await;
    log_out(&phone.at(&a.url())).await;
    assert!(!is_known(&b, &phone).await);
    let took = streams.closed().await;
    // Two seconds without Redis are measured where nothing else goes on, in `revocation`.
    assert!(took < Duration::from_secs(6), "{took:?}");

    (failure.recover)(&mut redis);
    for app in both {
        let back = app.app().redis.as_ref().unwrap().up();
        let back = tokio::time::timeout(PATIENCE, back).await;
        back.expect("Redis is found again");
    }
    eventually("both are ready", async || {
        let up = (200, "up".to_owned(), "up".to_owned());
        readiness(&a).await == up && readiness(&b).await == up
    })
    .await;
    eventually("both are seen by both again", async || {
        a.app().presence.list(room).await == together
            && b.app().presence.list(room).await == together
    })
    .await;
    let heard = b.app().events.heard_from_elsewhere();
    autosave(&ann, &page, &base, "with again\n", &mut events).await;
    eventually("calls arrive again", async || {
        b.app().events.heard_from_elsewhere() > heard
    })
    .await;
    eventually("budgets are shared again", async || {
        let here = a.app().limiter.charge("cid", QUOTA, 1).await.remaining;
        let there = b.app().limiter.charge("cid", QUOTA, 1).await.remaining;
        there + 1 == here
    })
    .await;
    // Nothing was lost or written twice.
    let query = "query ($id: ID!) { page(id: $id) { content } }";
    let reply = ann.graphql(query, json!({ "id": page.id })).await;
    assert_eq!(reply.text("/page/content"), "with again\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_dies_is_done_without() {
    the_servers_go_on_and_recover(Failure {
        fail: RedisServer::kill,
        recover: RedisServer::restart,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_freezes_is_done_without() {
    the_servers_go_on_and_recover(Failure {
        fail: |redis| redis.freeze(),
        recover: |redis| redis.resume(),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_takes_its_time_is_done_without() {
    the_servers_go_on_and_recover(Failure {
        fail: |redis| {
            redis.cli(&["client", "pause", "15000", "all"]);
        },
        // Nothing can be said to it before that time is up, not even to go on.
        recover: |_| {},
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_takes_no_writes_is_done_without() {
    the_servers_go_on_and_recover(Failure {
        fail: |redis| {
            redis.cli(&["config", "set", "maxmemory", "1"]);
        },
        recover: |redis| {
            redis.cli(&["config", "set", "maxmemory", "0"]);
        },
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_forgets_costs_nothing_but_budgets_and_a_moment() {
    let redis = RedisServer::start();
    let (a, b) = TestApp::replicas(Some(redis.patient()), |_| {}).await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let mut events = follow(&b, &ann, &page).await;
    let phone = device(&b, &ann).await;
    // Of another page: nothing is to come of these but their end.
    let quiet = super::page(&ann).await;
    let streams = Streams::open(&b, &phone, &quiet).await;
    let room = pluma::clock::new_uuid();
    let there = somebody();
    let _there = a.app().presence.enter(room, there.clone());
    a.app().limiter.charge("ann", QUOTA, 1_000).await;
    let query = "query ($id: ID!) { page(id: $id) { html } }";
    ann.graphql(query, json!({ "id": page.id })).await.data();

    redis.cli(&["flushall"]);
    redis.cli(&["script", "flush"]);

    let again = b.app().limiter.charge("ann", QUOTA, 1).await;
    assert_eq!((again.allowed, again.remaining), (true, 999));
    let (base, _) = autosave(&ann, &page, &page.revision_id, "2\n", &mut events).await;
    autosave(&ann, &page, &base, "3\n", &mut events).await;
    let html = ann
        .at(&b.url())
        .graphql(query, json!({ "id": page.id }))
        .await;
    assert_eq!(html.text("/page/html"), "<p>3</p>\n");
    log_out(&phone.at(&a.url())).await;
    assert!(!is_known(&b, &phone).await);
    streams.closed().await;
    assert_eq!(readiness(&b).await.2, "up");
    let listed = [there];
    eventually("the next beat brings presence back", async || {
        b.app().presence.list(room).await == listed
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_starts_without_its_redis_and_finds_it_later() {
    let mut redis = RedisServer::start();
    redis.kill();
    let (a, b) = TestApp::replicas(Some(redis.settings()), |_| {}).await;
    let ann = a.user("ann").await;
    assert!(is_known(&b, &ann).await);
    assert_eq!(readiness(&a).await.2, "degraded");
    redis.restart();
    for app in [&a, &b] {
        let found = app.app().redis.as_ref().unwrap().up();
        tokio::time::timeout(PATIENCE, found).await.unwrap();
    }
    eventually("it is ready", async || readiness(&a).await.2 == "up").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_read_why_redis_is_away() {
    let mut redis = RedisServer::start();
    redis.kill();
    let (a, _b) = TestApp::replicas(Some(redis.settings()), |_| {}).await;
    let query = "{ health { state components { name state detail } } }";
    let component = async |client: &Client| {
        let reply = client.graphql(query, json!({})).await;
        let components = reply.at("/health/components").as_array().unwrap().clone();
        let mut redis = components.into_iter().filter(|one| one["name"] == "redis");
        redis.next().unwrap()
    };
    let told = component(&a.admin().await).await;
    assert_eq!(told["state"], "DEGRADED");
    let detail = told["detail"].as_str().unwrap();
    assert!(
        detail.contains("127.0.0.1") && detail.contains("refused"),
        "{detail}"
    );
    assert_eq!(component(&a.client()).await["detail"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_somebody_else_uses_does_not_take_redis_away() {
    let config = shared_redis();
    let (a, _b) = TestApp::replicas(Some(config), |_| {}).await;
    let app = a.app();
    let redis = app.redis.as_ref().unwrap();
    assert_eq!(app.limiter.charge("ann", QUOTA, 1).await.remaining, 999);
    let mut keys = ::redis::cmd("KEYS");
    let keys: Vec<String> = redis
        .query(keys.arg(redis.key("limit", "*")))
        .await
        .unwrap();
    let (mut delete, mut push) = (::redis::cmd("DEL"), ::redis::cmd("RPUSH"));
    redis.query::<()>(delete.arg(&keys[0])).await.unwrap();
    redis
        .query::<()>(push.arg(&keys[0]).arg("foreign"))
        .await
        .unwrap();
    assert!(
        app.limiter.charge("ann", QUOTA, 1).await.allowed,
        "from this process's own budget"
    );
    assert!(redis.is_up());
    assert_eq!(redis.failures(), 1);
}
