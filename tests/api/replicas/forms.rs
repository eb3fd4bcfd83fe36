//! The floor's services on each form of Redis: a single node, Sentinel, a cluster.

use std::time::Duration;

use pluma::cache::Texts;
use pluma::config;
use pluma::events::{Events, Listener};
use pluma::limiter::{Limiter, Quota};
use pluma::presence::{Presence, topic};
use pluma::redis::Redis;
use secrecy::SecretString;

use super::*;
use crate::support::{RedisServer, shared_redis};

const QUOTA: Quota = Quota {
    capacity: 10,
    period: Duration::from_secs(24 * 3_600),
};

/// What a server has of Redis.
struct Floor {
    redis: Redis,
    events: Events,
    presence: Presence,
    limiter: Limiter,
    texts: Texts,
}

impl Floor {
    async fn on(config: &config::Redis) -> Self {
        let secret = SecretString::from("a secret of at least thirty-two bytes");
        let (events, redis) = Events::over(config).await;
        let redis = redis.unwrap();
        assert!(redis.is_up(), "{:?}", redis.last_failure());
        Self {
            presence: Presence::new(events.clone(), Some(redis.clone())),
            limiter: Limiter::new(Some(redis.clone()), &secret).unwrap(),
            texts: Texts::new(1_000_000, Some(redis.clone()), &secret).unwrap(),
            events,
            redis,
        }
    }
}

async fn called(listener: &mut Listener) {
    let call = tokio::time::timeout(PATIENCE, listener.called()).await;
    call.expect("a call arrives");
}

async fn two_servers_behave_as_one(one: &Floor, other: &Floor) {
    // Many keys, so that every node of a cluster has some.
    let topics: Vec<_> = (0..20).map(|_| pluma::clock::new_uuid()).collect();
    for topic in &topics {
        let mut there = other.events.listen(*topic);
        one.events.wake(*topic);
        called(&mut there).await;
    }
    for key in &topics {
        let key = key.to_string();
        assert_eq!(one.limiter.charge(&key, QUOTA, 6).await.remaining, 4);
        assert!(!other.limiter.charge(&key, QUOTA, 5).await.allowed);
        other.limiter.refund(&key, QUOTA, 1).await;
        assert_eq!(one.limiter.charge(&key, QUOTA, 5).await.remaining, 0);
    }
    for room in &topics {
        let mut calls = other.events.listen(topic(*room));
        let there = somebody();
        let stay = one.presence.enter(*room, there.clone());
        while other.presence.list(*room).await != [there.clone()] {
            called(&mut calls).await;
        }
        drop(stay);
        while !other.presence.list(*room).await.is_empty() {
            called(&mut calls).await;
        }
    }
    for key in &topics {
        let text = format!("text of {key}");
        let made = one
            .texts
            .get(*key, async { Ok(text.clone()) })
            .await
            .unwrap();
        eventually("it is shared", async || {
            // A new one each time: what one has made itself it keeps.
            let secret = SecretString::from("a secret of at least thirty-two bytes");
            let fresh = Texts::new(1_000, Some(other.redis.clone()), &secret).unwrap();
            let nothing = async { Err(pluma::error::Error::internal("not shared yet")) };
            fresh
                .get(*key, nothing)
                .await
                .is_ok_and(|found| found == made)
        })
        .await;
    }
    for floor in [one, other] {
        assert_eq!(
            floor.redis.failures(),
            0,
            "{:?}",
            floor.redis.last_failure()
        );
        assert!(floor.redis.ping().await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_node_serves() {
    let config = shared_redis();
    let (one, other) = (Floor::on(&config).await, Floor::on(&config).await);
    two_servers_behave_as_one(&one, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_serves() {
    let cluster = RedisServer::cluster();
    let config = cluster.patient();
    let (one, other) = (Floor::on(&config).await, Floor::on(&config).await);
    two_servers_behave_as_one(&one, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_loses_a_node_is_done_without_until_it_is_back() {
    let mut cluster = RedisServer::cluster();
    let config = cluster.settings();
    let floor = Floor::on(&config).await;
    cluster.freeze();
    let noticed = tokio::time::timeout(PATIENCE, floor.redis.down()).await;
    noticed.expect("a node that does not answer is noticed");
    assert!(floor.limiter.charge("ann", QUOTA, 1).await.allowed);
    cluster.resume();
    let back = tokio::time::timeout(PATIENCE, floor.redis.up()).await;
    back.expect("the cluster is found again");
    cluster.kill();
    let noticed = tokio::time::timeout(PATIENCE, floor.redis.down()).await;
    noticed.expect("a node that ends is noticed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_name_the_master_and_its_successor() {
    let mut watched = RedisServer::sentinel();
    let config = watched.patient();
    let (one, other) = (Floor::on(&config).await, Floor::on(&config).await);
    two_servers_behave_as_one(&one, &other).await;
    let failures = one.redis.failures();
    watched.kill();
    for floor in [&one, &other] {
        let noticed = tokio::time::timeout(PATIENCE, floor.redis.down()).await;
        noticed.expect("the end of the master is noticed");
    }
    for floor in [&one, &other] {
        let back = tokio::time::timeout(PATIENCE, floor.redis.up()).await;
        back.expect("its successor is found");
    }
    assert!(one.redis.failures() <= failures + 1);
    let topic = pluma::clock::new_uuid();
    let mut there = other.events.listen(topic);
    one.events.wake(topic);
    called(&mut there).await;
    let charged = one.limiter.charge("after", QUOTA, 3).await;
    assert_eq!(charged.remaining, 7);
    assert_eq!(other.limiter.charge("after", QUOTA, 3).await.remaining, 4);
}
