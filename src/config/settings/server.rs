//! How the server is reached and what it shows.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::config::values::{
    address, flag, hosts, metrics_token, origins, public_url, seconds, whole,
};

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
    /// Names by which requests may ask for this server, beside the one in `PLUMA_PUBLIC_URL`. Addresses, names without a dot and those ending in `.localhost`, `.local` or `.internal` need no mention; any other name is refused, since a web site could point its own name here.
    ///
    /// Accepted: names as `pluma.example.org`, without a port, separated by commas, in the file a list
    #[config(env = "PLUMA_ALLOWED_HOSTS", default = [], deserialize_with = hosts)]
    pub allowed_hosts: Vec<String>,
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

impl Server {
    /// The address that `wanted` names, seen from this server's own, if it is one of this server or of a
    /// configured origin: browsers are sent nowhere else.
    pub fn own_address(&self, wanted: &str) -> Option<Url> {
        // Browsers drop tabs and line breaks, and a header must not have them.
        if wanted.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        let url = self.public_url.join(wanted).ok()?;
        let origin = url.origin().ascii_serialization();
        let own = self.public_url.origin().ascii_serialization();
        let known = origin == own || self.cors_origins.contains(&origin);
        let bare = url.username().is_empty() && url.password().is_none();
        (known && bare && ["http", "https"].contains(&url.scheme())).then_some(url)
    }
}
