//! Who is seen by whom, within a process and between two.

use std::time::Duration;

use super::*;
use crate::clock::{Clock, new_uuid};
use crate::redis::live;

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

async fn process(config: &crate::config::Redis) -> (Events, Presence) {
    let (events, redis) = Events::over(config).await;
    (events.clone(), Presence::new(events, redis))
}

fn entry(editing: bool) -> Entry {
    Entry {
        id: new_uuid(),
        user_id: UserId(new_uuid()),
        editing,
        since: Clock::default().now(),
    }
}

/// Waits until `room` holds `expected` as `presence` sees it; looks at each call and never otherwise.
async fn until(events: &Events, presence: &Presence, room: Room, expected: &[Entry]) {
    let mut calls = events.listen(topic(room));
    let found = tokio::time::timeout(PATIENCE, async {
        while presence.list(room).await != expected {
            calls.called().await;
        }
    });
    found.await.expect("the list becomes what is expected");
}

#[tokio::test]
async fn whoever_enters_is_listed_until_they_leave() {
    let config = live::config();
    let (events, _) = process(&config).await;
    for presence in [
        Presence::new(Events::default(), None),
        Presence::new(events, None),
        process(&config).await.1,
    ] {
        let room = new_uuid();
        let (one, other) = (entry(false), entry(true));
        let first = presence.enter(room, one.clone());
        let second = presence.enter(room, other.clone());
        assert_eq!(presence.list(room).await, [one, other.clone()]);
        drop(first);
        assert_eq!(presence.list(room).await, [other]);
        drop(second);
        assert_eq!(presence.list(room).await, []);
        assert!(presence.rooms.lock().is_empty());
    }
}

#[tokio::test]
async fn processes_see_each_others_entries_in_order() {
    let config = live::config();
    let ((a, at_a), (b, at_b)) = (process(&config).await, process(&config).await);
    let (room, elsewhere) = (new_uuid(), new_uuid());
    let entries = [entry(true), entry(false), entry(true)];
    let [first, second, third] = entries.clone();
    let first = at_a.enter(room, first);
    until(&b, &at_b, room, &entries[..1]).await;
    let second = at_b.enter(room, second);
    let third = at_a.enter(room, third);
    let _other = at_b.enter(elsewhere, entry(false));
    until(&a, &at_a, room, &entries).await;
    until(&b, &at_b, room, &entries).await;
    drop(first);
    until(&b, &at_b, room, &entries[1..]).await;
    drop(third);
    until(&b, &at_b, room, &entries[1..2]).await;
    drop(second);
    until(&a, &at_a, room, &[]).await;
}

#[tokio::test]
async fn what_a_dead_process_said_stops_to_count() {
    let config = live::config();
    let (_events, presence) = process(&config).await;
    let redis = Redis::start(&config, None).await.unwrap();
    let room = new_uuid();
    let said = |ago: i64, id: Uuid| {
        let now = Clock::default().now().0.timestamp_millis();
        let other = new_uuid().simple();
        let value = format!("{} {other} {other} 1 1700000000000000", now - ago);
        let mut set = ::redis::cmd("HSET");
        set.arg(redis.key("room", room.simple()));
        set.arg(id.simple().to_string()).arg(value);
        let redis = redis.clone();
        async move { redis.query::<()>(&set).await.unwrap() }
    };
    let living = new_uuid();
    said(31_000, new_uuid()).await;
    said(10_000, living).await;
    let seen = presence.list(room).await;
    assert_eq!(
        seen.iter().map(|entry| entry.id).collect::<Vec<_>>(),
        [living]
    );
    let mut count = ::redis::cmd("HLEN");
    let left: u32 = redis
        .query(count.arg(redis.key("room", room.simple())))
        .await
        .unwrap();
    assert_eq!(left, 1, "and is removed");
}

#[tokio::test]
async fn rooms_expire_with_their_processes() {
    let config = live::config();
    let (events, presence) = process(&config).await;
    let room = new_uuid();
    let mut calls = events.listen(topic(room));
    let _stay = presence.enter(room, entry(true));
    // Once for this process, and once when Redis knows.
    calls.called().await;
    let redis = Redis::start(&config, None).await.unwrap();
    let mut expiry = ::redis::cmd("PTTL");
    expiry.arg(redis.key("room", room.simple()));
    loop {
        let left: i64 = redis.query(&expiry).await.unwrap();
        if left > 0 {
            assert!(left <= 30_000, "{left}");
            break;
        }
        calls.called().await;
    }
}
