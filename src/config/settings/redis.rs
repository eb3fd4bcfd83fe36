//! Redis, where several servers share one.

use std::time::Duration;

use crate::config::RedisUrl;
use crate::config::values::{key_prefix, milliseconds, parsed};

/// What the replicas of an installation share beside the database.
#[derive(Clone, Debug, confique::Config)]
pub struct Redis {
    /// Where Redis is. Without it every server keeps to itself what it would share, and finds out about the others from the database, seconds later.
    ///
    /// Accepted: `redis://HOST:PORT`, `redis-sentinel://HOST:PORT,HOST:PORT/MASTER` or `redis-cluster://HOST:PORT,HOST:PORT`; `rediss` instead of `redis` for TLS; `USER:PASSWORD@` or `:PASSWORD@` before the first host; `/NUMBER` of a database at the end, except of a cluster's; for Sentinels' own accounts `?sentinel_user=NAME&sentinel_password=PASSWORD`; special characters of names and passwords percent-encoded
    /// Default: none
    /// Example: "redis://localhost:6379"
    #[config(env = "REDIS_URL", deserialize_with = parsed)]
    pub url: Option<RedisUrl>,
    /// What the names of keys and channels begin with. Installations that share a Redis need different ones: the number of a database does not keep their calls apart.
    ///
    /// Accepted: 1 to 64 ASCII letters, digits, `-`, `_`, `.` and `:`
    #[config(env = "PLUMA_REDIS_PREFIX", default = "pluma", deserialize_with = key_prefix)]
    pub prefix: String,
    /// How many milliseconds an answer of Redis is waited for. After one that did not come, requests do without Redis until it answers again.
    ///
    /// Accepted: a whole number from 10 to 10000
    #[config(env = "PLUMA_REDIS_TIMEOUT_MS", default = 250, deserialize_with = milliseconds::<10, 10_000, _>)]
    pub timeout: Duration,
    /// How many milliseconds it may take to connect to Redis, to Sentinels and through them, or to all nodes of a cluster.
    ///
    /// Accepted: a whole number from 100 to 60000
    #[config(env = "PLUMA_REDIS_CONNECT_TIMEOUT_MS", default = 2_000, deserialize_with = milliseconds::<100, 60_000, _>)]
    pub connect_timeout: Duration,
}
