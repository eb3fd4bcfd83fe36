//! The forms of `REDIS_URL`, and what is said about those that are none.

use rstest::rstest;
use secrecy::ExposeSecret;

use super::{load, problems};
use crate::config::{RedisForm, RedisUrl};

fn url(text: &str) -> RedisUrl {
    let config = load(&[("REDIS_URL", text)], None).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    config.redis.url.unwrap()
}

#[test]
fn without_a_url_there_is_no_redis() {
    let config = load(&[], None).unwrap();
    assert!(config.redis.url.is_none());
    assert_eq!(config.redis.prefix, "pluma");
}

#[rstest]
#[case("redis://cache", "Redis, cache:6379")]
#[case("redis://127.0.0.1:6380/3", "Redis, 127.0.0.1:6380, database 3")]
#[case("rediss://ann:hunter2@cache/", "Redis, cache:6379")]
#[case("redis://:hunter2@[::1]:7000", "Redis, [::1]:7000")]
#[case(
    "redis-cluster://a,b:7001, c:7002",
    "Redis Cluster, a:6379, b:7001, c:7002"
)]
#[case(
    "rediss-sentinel://:hunter2@s1,s2:26380/main/2?sentinel_password=hunter2",
    "Redis Sentinel, master main, s1:26379, s2:26380, database 2"
)]
fn each_form_is_read_and_shown_without_its_secrets(#[case] text: &str, #[case] shown: &str) {
    assert_eq!(url(text).to_string(), shown);
    assert_eq!(url(text).tls, text.starts_with("rediss"));
}

#[test]
fn names_and_passwords_are_decoded() {
    let found = url("redis://a%40nn:p%2Fq@cache").login.unwrap();
    assert_eq!(found.user.as_deref(), Some("a@nn"));
    assert_eq!(found.password.expose_secret(), "p/q");
    let found = url("redis://:p%3Aq@cache").login.unwrap();
    assert_eq!((found.user, found.password.expose_secret()), (None, "p:q"));
    let sentinel = url("redis-sentinel://s/main?sentinel_user=ann&sentinel_password=p%26q");
    let RedisForm::Sentinel { login, .. } = sentinel.form else {
        panic!("{sentinel}");
    };
    let login = login.unwrap();
    assert_eq!(login.user.as_deref(), Some("ann"));
    assert_eq!(login.password.expose_secret(), "p&q");
    assert!(sentinel.login.is_none());
}

#[rstest]
#[case("localhost:6379", "begins with redis://")]
#[case("memcached://cache", "names no Redis that is known")]
#[case("redis-ring://cache", "names no Redis that is known")]
#[case("redis://", "lacks a host")]
#[case("redis://a,b", "several hosts")]
#[case("redis-cluster://a,,b", "lacks a host")]
#[case("redis-cluster://a,b/1", "a cluster does not have")]
#[case("redis-sentinel://a,b", "lacks the master's name")]
#[case(
    "redis-sentinel://a/main?sentinel_user=x",
    "without a sentinel_password"
)]
#[case("redis-sentinel://a/main?quorum=2", "neither sentinel_user nor")]
#[case("redis://a?protocol=resp2", "has parameters")]
#[case("redis://a/one", "number of a database")]
#[case("redis://a/-1", "number of a database")]
#[case("redis://a:0", "from 1 to 65535")]
#[case("redis://a:port", "from 1 to 65535")]
#[case("redis://[cache]:1", "no IPv6 address")]
#[case("redis://ann@cache", "user without a password")]
#[case("redis://ann:hun@ter2@cache", "percent-encoded")]
#[case("redis://ann:hunter2#@cache", "percent-encoded")]
#[case("redis://ann:@cache", "percent-encoded")]
fn what_is_no_address_is_refused_with_what_to_change(#[case] text: &str, #[case] expected: &str) {
    let found = problems(&[("REDIS_URL", text)], None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(expected), "{found:?}");
    assert!(found[0].contains("accepted: `redis://HOST:PORT`"));
    assert!(!found[0].contains("ter2"), "{found:?}");
}

#[rstest]
#[case("", "has not 1 to 64 characters")]
#[case("a{b}", "holds other characters")]
#[case("á", "holds other characters")]
fn prefixes_are_plain(#[case] prefix: &str, #[case] expected: &str) {
    let file = format!("[redis]\nprefix = \"{prefix}\"");
    let found = problems(&[], Some(&file));
    assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
}
