//! Every setting with its variable, default and meaning: the source of the loader and of the reference.
//!
//! Comments here are read by the reference and the template too. A line that begins with
//! `Accepted:` says what may be given, `Default:` what holds when a plain default cannot be
//! written, `Example:` a TOML value for settings without a plain default.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use secrecy::SecretString;
use url::Url;

use super::values::{
    DatabaseUrl, Environment, LogFormat, SameSite, address, days, directory, flag, log_filter,
    metrics_token, origins, parsed, public_url, seconds, secret, whole,
};

/// What the program is told from outside, checked and complete.
#[derive(Clone, Debug, confique::Config)]
pub struct Config {
    /// Production refuses to start without its secrets and turns off what helps only developers.
    ///
    /// Accepted: development, production
    #[config(env = "PLUMA_ENV", default = "development", deserialize_with = parsed)]
    pub environment: Environment,
    /// The directory of everything kept on this machine: the SQLite file, uploaded media, the generated secret.
    ///
    /// Accepted: a path; a relative one starts at the working directory
    #[config(env = "PLUMA_DATA_DIR", default = "./data", deserialize_with = directory)]
    pub data_dir: PathBuf,
    /// The key under which signing keys are encrypted in the database. Every replica needs the same one, and losing it signs everyone out.
    ///
    /// Accepted: at least 32 bytes, for instance from `openssl rand -hex 32`
    /// Default: in development generated into the file `secret` of the data directory; required in production
    /// Example: "replace-with-the-output-of-openssl-rand-hex-32"
    #[config(env = "PLUMA_SECRET", deserialize_with = secret)]
    pub secret: SecretString,
    /// The HTTP server.
    #[config(nested)]
    pub server: Server,
    /// The database.
    #[config(nested)]
    pub database: Database,
    /// Users, their sessions and their passwords.
    #[config(nested)]
    pub accounts: Accounts,
    /// What one client may ask for.
    #[config(nested)]
    pub limits: Limits,
    /// Work done in the background, such as publishing at a set time.
    #[config(nested)]
    pub jobs: Jobs,
    /// What the program writes about itself, to standard error.
    #[config(nested)]
    pub log: Log,
}

/// The HTTP server.
#[derive(Clone, Debug, confique::Config)]
pub struct Server {
    /// Where the server listens. A container listens on `0.0.0.0:8000`; port 0 takes a free one.
    ///
    /// Accepted: an IP address and a port, as `127.0.0.1:8000` or `[::1]:8000`
    #[config(env = "PLUMA_LISTEN", default = "127.0.0.1:8000", deserialize_with = address)]
    pub listen: SocketAddr,
    /// The address browsers use. Behind a proxy that ends TLS this is the proxy's `https://` address, although the server itself speaks plain HTTP.
    ///
    /// Accepted: `http://` or `https://`, a host and perhaps a port, no path; in production `http://` only for this machine (localhost)
    #[config(env = "PLUMA_PUBLIC_URL", default = "http://localhost:8000", deserialize_with = public_url)]
    pub public_url: Url,
    /// How many proxies of yours stand in front and append to `X-Forwarded-For`. With 0 the header, which anyone can write, is not believed.
    ///
    /// Accepted: a whole number from 0 to 16
    #[config(env = "PLUMA_TRUSTED_PROXIES", default = 0, deserialize_with = whole::<0, 16, _, _>)]
    pub trusted_proxies: u8,
    /// Origins whose pages may call this server from a browser, with cookies. The server's own needs no mention.
    ///
    /// Accepted: exact origins as `https://app.example.org`, separated by commas, in the file a list; `*` is refused
    #[config(env = "PLUMA_CORS_ORIGINS", default = [], deserialize_with = origins)]
    pub cors_origins: Vec<String>,
    /// Serves GraphiQL at `/`.
    ///
    /// Accepted: true, false
    /// Default: true in development, false in production
    /// Example: true
    #[config(env = "PLUMA_GRAPHIQL", deserialize_with = flag)]
    pub graphiql: bool,
    /// Answers introspection, which GraphiQL and code generators need.
    ///
    /// Accepted: true, false
    /// Default: true in development, false in production
    /// Example: true
    #[config(env = "PLUMA_INTROSPECTION", deserialize_with = flag)]
    pub introspection: bool,
    /// Tells clients the cause of internal errors instead of masking it.
    ///
    /// Accepted: true, false
    /// Default: true in development, false in production
    /// Example: true
    #[config(env = "PLUMA_VERBOSE_ERRORS", deserialize_with = flag)]
    pub verbose_errors: bool,
    /// How many seconds requests, streams and jobs have to finish when the server is told to stop.
    ///
    /// Accepted: a whole number from 0 to 3600
    #[config(env = "PLUMA_SHUTDOWN_GRACE_SECONDS", default = 20, deserialize_with = seconds::<0, 3600, _>)]
    pub shutdown_grace: Duration,
    /// How many seconds caches may keep the answer to a GET query that everyone may see; 0 makes them ask each time.
    ///
    /// Accepted: a whole number from 0 to 86400
    #[config(env = "PLUMA_PUBLIC_MAX_AGE_SECONDS", default = 10, deserialize_with = seconds::<0, 86_400, _>)]
    pub public_max_age: Duration,
    /// Serves `/metrics` for Prometheus.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_METRICS", default = true, deserialize_with = flag)]
    pub metrics: bool,
    /// The bearer token `/metrics` asks for.
    ///
    /// Accepted: at least 16 visible ASCII characters
    /// Default: none, and `/metrics` is open to whoever reaches the server
    /// Example: "replace-with-a-long-random-token"
    #[config(env = "PLUMA_METRICS_TOKEN", deserialize_with = metrics_token)]
    pub metrics_token: Option<SecretString>,
}

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

/// Users, their sessions and their passwords.
#[derive(Clone, Debug, confique::Config)]
pub struct Accounts {
    /// Lets anyone register. Without it, administrators are made on the command line.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_REGISTRATION", default = true, deserialize_with = flag)]
    pub registration: bool,
    /// How many seconds an access token is good for.
    ///
    /// Accepted: a whole number from 1 to 86400
    #[config(env = "PLUMA_ACCESS_TTL_SECONDS", default = 900, deserialize_with = seconds::<1, 86_400, _>)]
    pub access_ttl: Duration,
    /// How many days a session lives after its last refresh.
    ///
    /// Accepted: a whole number from 1 to 365
    #[config(env = "PLUMA_SESSION_TTL_DAYS", default = 30, deserialize_with = days::<1, 365, _>)]
    pub session_ttl: Duration,
    /// The `SameSite` attribute of the session's cookies.
    ///
    /// Accepted: lax, strict
    #[config(env = "PLUMA_COOKIE_SAME_SITE", default = "lax", deserialize_with = parsed)]
    pub cookie_same_site: SameSite,
    /// How many passwords are hashed at once; each takes a processor and 19 MiB for a moment.
    ///
    /// Accepted: a whole number from 1 to 64
    #[config(env = "PLUMA_PASSWORD_HASHES", default = 2, deserialize_with = whole::<1, 64, _, _>)]
    pub password_hashes: usize,
}

/// What one client may ask for.
#[derive(Clone, Debug, confique::Config)]
pub struct Limits {
    /// How many bytes the body of a request may have. The default holds the longest page, 5 MiB, even where the client's JSON escapes every character.
    ///
    /// Accepted: a whole number from 65536 to 1073741824
    #[config(env = "PLUMA_LIMIT_BODY_BYTES", default = 16_777_216, deserialize_with = whole::<65_536, 1_073_741_824, _, _>)]
    pub body_bytes: usize,
    /// How many operations one request may carry.
    ///
    /// Accepted: a whole number from 1 to 100
    #[config(env = "PLUMA_LIMIT_BATCH", default = 10, deserialize_with = whole::<1, 100, _, _>)]
    pub batch: usize,
    /// How deep an operation may select.
    ///
    /// Accepted: a whole number from 3 to 100
    #[config(env = "PLUMA_LIMIT_DEPTH", default = 15, deserialize_with = whole::<3, 100, _, _>)]
    pub depth: usize,
    /// How much an operation may cost, counted in fields and multiplied by page sizes.
    ///
    /// Accepted: a whole number from 100 to 10000000
    #[config(env = "PLUMA_LIMIT_COST", default = 10_000, deserialize_with = whole::<100, 10_000_000, _, _>)]
    pub cost: usize,
    /// How many aliases an operation may have.
    ///
    /// Accepted: a whole number from 0 to 10000
    #[config(env = "PLUMA_LIMIT_ALIASES", default = 100, deserialize_with = whole::<0, 10_000, _, _>)]
    pub aliases: usize,
    /// How many tokens the text of an operation may have.
    ///
    /// Accepted: a whole number from 100 to 1000000
    #[config(env = "PLUMA_LIMIT_TOKENS", default = 10_000, deserialize_with = whole::<100, 1_000_000, _, _>)]
    pub tokens: usize,
    /// How many seconds a request may take; subscriptions are not counted.
    ///
    /// Accepted: a whole number from 1 to 3600
    #[config(env = "PLUMA_REQUEST_TIMEOUT_SECONDS", default = 30, deserialize_with = seconds::<1, 3600, _>)]
    pub request_timeout: Duration,
    /// How many seconds a WebSocket may stay open without `connection_init`.
    ///
    /// Accepted: a whole number from 1 to 300
    #[config(env = "PLUMA_WS_INIT_TIMEOUT_SECONDS", default = 10, deserialize_with = seconds::<1, 300, _>)]
    pub ws_init_timeout: Duration,
    /// How many operations may run at once on one WebSocket.
    ///
    /// Accepted: a whole number from 1 to 10000
    #[config(env = "PLUMA_LIMIT_WS_OPERATIONS", default = 100, deserialize_with = whole::<1, 10_000, _, _>)]
    pub ws_operations: usize,
    /// How many streams (WebSockets, server-sent events, multipart subscriptions) one server keeps open.
    ///
    /// Accepted: a whole number from 1 to 1000000
    #[config(env = "PLUMA_LIMIT_CONNECTIONS", default = 10_000, deserialize_with = whole::<1, 1_000_000, _, _>)]
    pub connections: usize,
}

/// Work done in the background, such as publishing at a set time.
#[derive(Clone, Debug, confique::Config)]
pub struct Jobs {
    /// Lets the server itself run jobs. Turn it off where `pluma worker` runs beside it.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_JOBS_INLINE", default = true, deserialize_with = flag)]
    pub inline: bool,
    /// How many jobs one process runs at once.
    ///
    /// Accepted: a whole number from 1 to 256
    #[config(env = "PLUMA_JOBS_CONCURRENCY", default = 4, deserialize_with = whole::<1, 256, _, _>)]
    pub concurrency: usize,
    /// How many seconds pass between two looks for jobs that are due.
    ///
    /// Accepted: a whole number from 1 to 60
    #[config(env = "PLUMA_JOBS_POLL_SECONDS", default = 1, deserialize_with = seconds::<1, 60, _>)]
    pub poll: Duration,
}

/// What the program writes about itself, to standard error.
#[derive(Clone, Debug, confique::Config)]
pub struct Log {
    /// Text for people, JSON for machines.
    ///
    /// Accepted: text, json
    /// Default: text in development, json in production
    /// Example: "json"
    #[config(env = "PLUMA_LOG_FORMAT", deserialize_with = parsed)]
    pub format: LogFormat,
    /// What is worth a line.
    ///
    /// Accepted: off, error, warn, info, debug, trace, or a tracing filter as `info,pluma::db=debug`
    #[config(env = "PLUMA_LOG", default = "info", deserialize_with = log_filter)]
    pub filter: String,
}
