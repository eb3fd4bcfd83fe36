//! Calls within a process and between two.

use std::time::{Duration, Instant};

use super::*;
use crate::redis::{Hears, live};

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_call_between_two_waits_is_not_lost() {
    for events in [Events::default(), Events::over(&live::config()).await.0] {
        let topic = Uuid::from_u128(1);
        let mut listener = events.listen(topic);
        events.wake(topic);
        let start = Instant::now();
        listener.heard(PATIENCE).await;
        assert!(start.elapsed() < PATIENCE / 3);
    }
}

#[tokio::test]
async fn the_last_listener_takes_the_topic_with_it() {
    let events = Events::default();
    let topic = Uuid::from_u128(1);
    let first = events.listen(topic);
    let second = events.listen(topic);
    drop(first);
    assert_eq!(events.topics(), 1);
    drop(second);
    assert_eq!(events.topics(), 0);
}

/// Two processes on one Redis, and a third on the same with another prefix.
async fn three() -> [Events; 3] {
    let ours = live::config();
    let (one, _) = Events::over(&ours).await;
    let (other, _) = Events::over(&ours).await;
    let (stranger, _) = Events::over(&live::config()).await;
    [one, other, stranger]
}

async fn called(listener: &mut Listener) {
    tokio::time::timeout(PATIENCE, listener.called())
        .await
        .expect("a call arrives");
}

#[tokio::test]
async fn a_call_arrives_in_every_process_of_the_installation() {
    let [one, other, stranger] = three().await;
    let topic = Uuid::from_u128(7);
    let mut here = one.listen(topic);
    let mut there = other.listen(topic);
    let mut unconcerned = other.listen(Uuid::from_u128(8));
    let mut elsewhere = stranger.listen(topic);
    for _ in 0..3 {
        one.wake(topic);
        called(&mut here).await;
        called(&mut there).await;
    }
    // What came back from Redis to the one who called is not heard again.
    other.wake(topic);
    called(&mut here).await;
    assert_eq!(one.heard_from_elsewhere(), 1);
    for silent in [&mut unconcerned, &mut elsewhere] {
        assert!(!silent.receiver.has_changed().unwrap());
    }
    one.wake_here(topic);
    called(&mut here).await;
    other.wake(topic);
    called(&mut here).await;
    assert_eq!(stranger.heard_from_elsewhere(), 0);
}

#[tokio::test]
async fn more_calls_than_can_wait_become_one_to_everybody() {
    let [one, other, _] = three().await;
    let mut there: Vec<Listener> = (0..20).map(|n| other.listen(Uuid::from_u128(n))).collect();
    // Without a pause in which any of them could be said.
    for n in 1_000..20_000 {
        one.wake(Uuid::from_u128(n));
    }
    for listener in &mut there {
        called(listener).await;
    }
}

#[tokio::test]
async fn many_calls_at_once_all_arrive() {
    let [one, other, _] = three().await;
    let mut there: Vec<Listener> = (0..3_000)
        .map(|n| other.listen(Uuid::from_u128(n)))
        .collect();
    for n in 0..3_000 {
        one.wake(Uuid::from_u128(n));
    }
    for listener in &mut there {
        called(listener).await;
    }
    assert!(other.heard_from_elsewhere() < 300, "they travel together");
}

#[tokio::test]
async fn what_is_no_call_is_passed_over() {
    let topics = Topics::default();
    let ears = Ears::new(topics.clone());
    ears.said(b"");
    ears.said(b"nonsense");
    ears.said(&[0; 17]);
    assert_eq!(ears.heard.load(std::sync::atomic::Ordering::Relaxed), 0);
}
