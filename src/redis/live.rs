//! A connection to the tests' Redis, with a prefix of its own.

use super::Redis;
use crate::clock::new_uuid;
use crate::config::Config;

/// The server that PLUMA_TEST_REDIS names.
#[expect(
    clippy::disallowed_methods,
    reason = "where the tests find their server is no part of the configuration"
)]
pub fn url() -> String {
    std::env::var("PLUMA_TEST_REDIS").unwrap_or_else(|_| {
        panic!(
            "PLUMA_TEST_REDIS is not set: it names a Redis for the tests, as redis://127.0.0.1:6379; \
             `script/test` starts one by itself"
        )
    })
}

/// Its settings, with a prefix that nobody else has.
pub fn config() -> crate::config::Redis {
    let prefix = format!("test-{}", new_uuid().simple());
    let env = |name: &str| match name {
        "REDIS_URL" => Some(url()),
        "PLUMA_REDIS_PREFIX" => Some(prefix.clone()),
        // Tests that run side by side on few processors make everything slow.
        "PLUMA_REDIS_TIMEOUT_MS" => Some("5000".to_owned()),
        _ => None,
    };
    Config::load_from(&env, None).unwrap().redis
}

/// A connection.
pub async fn redis() -> Redis {
    let redis = Redis::start(&config(), None).await.unwrap();
    assert!(redis.is_up(), "PLUMA_TEST_REDIS cannot be reached");
    redis
}

/// The keys of one family.
pub async fn keys(redis: &Redis, family: &str) -> Vec<String> {
    let mut keys = ::redis::cmd("KEYS");
    redis.query(keys.arg(redis.key(family, "*"))).await.unwrap()
}
