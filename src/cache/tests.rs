//! What is made once, and by whom.

use super::*;
use crate::clock::new_uuid;
use crate::redis::live;

const SECRET: &str = "a secret of at least thirty-two bytes";

fn texts(redis: Option<Redis>, secret: &str) -> Texts {
    Texts::new(1024 * 1024, redis, &SecretString::from(secret)).unwrap()
}

async fn get(texts: &Texts, key: Uuid, text: &str) -> String {
    let text = text.to_owned();
    let found = texts.get(key, async { Ok(text) }).await;
    found.unwrap().to_string()
}

/// The keys of what Redis holds once nothing more is being written.
async fn written(texts: &Texts, redis: &Redis) -> Vec<String> {
    texts.shared.as_ref().unwrap().written().await;
    live::keys(redis, "text").await
}

#[tokio::test]
async fn a_text_is_made_once() {
    for redis in [None, Some(live::redis().await)] {
        let texts = texts(redis, SECRET);
        let (key, other) = (new_uuid(), new_uuid());
        assert_eq!(get(&texts, key, "first").await, "first");
        assert_eq!(get(&texts, key, "second").await, "first");
        assert_eq!(get(&texts, other, "other").await, "other");
        assert_eq!(texts.made(), 2);
    }
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_makes_it() {
    let texts = texts(None, SECRET);
    let key = new_uuid();
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let texts = texts.clone();
            tokio::spawn(async move {
                let slowly = async {
                    tokio::task::yield_now().await;
                    Ok("text".to_owned())
                };
                texts.get(key, slowly).await.unwrap()
            })
        })
        .collect();
    for answer in asking {
        assert_eq!(&*answer.await.unwrap(), "text");
    }
    assert_eq!(texts.made(), 1);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let texts = texts(None, SECRET);
    let key = new_uuid();
    let failed = texts.get(key, async { Err(Error::internal("no")) }).await;
    assert!(failed.is_err());
    assert_eq!(get(&texts, key, "text").await, "text");
}

#[tokio::test]
async fn a_second_replica_gets_it_from_redis() {
    let redis = live::redis().await;
    let (one, other) = (
        texts(Some(redis.clone()), SECRET),
        texts(Some(redis.clone()), SECRET),
    );
    let key = new_uuid();
    get(&one, key, "<p>text</p>").await;
    let keys = written(&one, &redis).await;
    assert_eq!(get(&other, key, "made again").await, "<p>text</p>");
    assert_eq!((one.made(), other.made()), (1, 0));
    let mut expiry = ::redis::cmd("TTL");
    let left: i64 = redis.query(expiry.arg(&keys[0])).await.unwrap();
    assert!((1..=3_600).contains(&left), "{left}");
}

#[tokio::test]
async fn a_text_that_is_not_ours_is_not_believed() {
    let redis = live::redis().await;
    let key = new_uuid();
    let ours = texts(Some(redis.clone()), SECRET);
    get(&ours, key, "secret words").await;
    let name = written(&ours, &redis).await.remove(0);
    let value: Vec<u8> = redis.query(::redis::cmd("GET").arg(&name)).await.unwrap();
    assert!(!value.windows(6).any(|window| window == b"secret"));
    let another = texts(Some(redis.clone()), "another secret of thirty-two bytes");
    assert_eq!(
        get(&another, key, "own").await,
        "own",
        "sealed under another secret"
    );

    let moved = new_uuid();
    let elsewhere = name.replace(&key.simple().to_string(), &moved.simple().to_string());
    for planted in [value, b"<script>alert(1)</script>".to_vec(), Vec::new()] {
        let mut set = ::redis::cmd("SET");
        set.arg(&elsewhere).arg(planted);
        redis.query::<()>(&set).await.unwrap();
        let ours = texts(Some(redis.clone()), SECRET);
        assert_eq!(
            get(&ours, moved, "own").await,
            "own",
            "planted, or of another key"
        );
    }
}

#[tokio::test]
async fn long_texts_stay_at_home() {
    let redis = live::redis().await;
    let (one, other) = (
        texts(Some(redis.clone()), SECRET),
        texts(Some(redis.clone()), SECRET),
    );
    let (long, short) = (new_uuid(), new_uuid());
    let text = "x".repeat(600 * 1024);
    assert_eq!(get(&one, long, &text).await, text);
    get(&one, short, "short").await;
    assert_eq!(written(&one, &redis).await.len(), 1);
    assert_eq!(get(&other, long, "made again").await, "made again");
}
