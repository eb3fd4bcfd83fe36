//! Where the data is kept.

use std::time::Duration;

use crate::config::values::{DatabaseUrl, parsed, seconds, whole};

/// The database.
#[derive(Clone, Debug, confique::Config)]
pub struct Database {
    /// Where the database is: a SQLite file for one server, PostgreSQL for any number of replicas.
    ///
    /// Accepted: `sqlite:PATH`, `sqlite://PATH`, `postgres://USER:PASSWORD@HOST/NAME` or the same with `postgresql://`; special characters of the password percent-encoded
    /// Default: the file `pluma.db` in the data directory
    /// Example: "postgres://pluma@localhost/pluma"
    #[config(env = "DATABASE_URL", deserialize_with = parsed)]
    pub url: DatabaseUrl,
    /// How many connections to PostgreSQL each replica keeps.
    ///
    /// Accepted: a whole number from 1 to 1000
    #[config(env = "PLUMA_DATABASE_POOL", default = 16, deserialize_with = whole::<1, 1000, _, _>)]
    pub pool: usize,
    /// How many connections read from SQLite, each on a thread of its own, beside the one that writes.
    ///
    /// Accepted: a whole number from 2 to 64
    /// Default: the number of processors, at least 2 and at most 16
    /// Example: 4
    #[config(env = "PLUMA_SQLITE_READERS", deserialize_with = whole::<2, 64, _, _>)]
    pub readers: usize,
    /// How many writes may wait for SQLite's one writer before further ones are turned away.
    ///
    /// Accepted: a whole number from 1 to 1000000
    #[config(env = "PLUMA_SQLITE_QUEUE", default = 1024, deserialize_with = whole::<1, 1_000_000, _, _>)]
    pub queue: usize,
    /// How many seconds a request waits for a connection before it is turned away.
    ///
    /// Accepted: a whole number from 1 to 300
    #[config(env = "PLUMA_DATABASE_WAIT_SECONDS", default = 5, deserialize_with = seconds::<1, 300, _>)]
    pub wait: Duration,
    /// How many seconds one statement may run.
    ///
    /// Accepted: a whole number from 1 to 3600
    #[config(env = "PLUMA_STATEMENT_TIMEOUT_SECONDS", default = 15, deserialize_with = seconds::<1, 3600, _>)]
    pub statement_timeout: Duration,
}
