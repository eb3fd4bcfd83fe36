//! Bounds on what clients send and ask.

use std::time::Duration;

use crate::config::values::{seconds, whole};

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
    /// Accepted: a whole number from 3 to 60
    #[config(env = "PLUMA_LIMIT_DEPTH", default = 15, deserialize_with = whole::<3, 60, _, _>)]
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
    /// How many fields an operation may have at its root, each alias counted.
    ///
    /// Accepted: a whole number from 1 to 10000
    #[config(env = "PLUMA_LIMIT_ROOT_FIELDS", default = 100, deserialize_with = whole::<1, 10_000, _, _>)]
    pub root_fields: usize,
    /// How many fields and fragments a document may have once its fragments are spread.
    ///
    /// Accepted: a whole number from 100 to 100000
    #[config(env = "PLUMA_LIMIT_FIELDS", default = 5_000, deserialize_with = whole::<100, 100_000, _, _>)]
    pub fields: usize,
    /// How many directives an operation may have once its fragments are spread.
    ///
    /// Accepted: a whole number from 0 to 10000
    #[config(env = "PLUMA_LIMIT_DIRECTIVES", default = 100, deserialize_with = whole::<0, 10_000, _, _>)]
    pub directives: usize,
    /// How many fragments a document may define.
    ///
    /// Accepted: a whole number from 0 to 10000
    #[config(env = "PLUMA_LIMIT_FRAGMENTS", default = 200, deserialize_with = whole::<0, 10_000, _, _>)]
    pub fragments: usize,
    /// What the introspection of one operation may cost; it does not count against the cost of an operation. GraphiQL's query is estimated at about 500.
    ///
    /// Accepted: a whole number from 100 to 1000000
    #[config(env = "PLUMA_LIMIT_INTROSPECTION", default = 2_000, deserialize_with = whole::<100, 1_000_000, _, _>)]
    pub introspection: usize,
    /// How many values the JSON of a request may hold: every text, number and item, variables above all.
    ///
    /// Accepted: a whole number from 100 to 10000000
    #[config(env = "PLUMA_LIMIT_VARIABLES", default = 50_000, deserialize_with = whole::<100, 10_000_000, _, _>)]
    pub variables: usize,
    /// How deep the JSON of a request may nest.
    ///
    /// Accepted: a whole number from 8 to 120
    #[config(env = "PLUMA_LIMIT_VARIABLE_DEPTH", default = 120, deserialize_with = whole::<8, 120, _, _>)]
    pub variable_depth: usize,
    /// How many bytes of text the variables of an operation may hold. The default holds the longest page, 5 MiB, and more.
    ///
    /// Accepted: a whole number from 1024 to 1073741824
    #[config(env = "PLUMA_LIMIT_VARIABLE_BYTES", default = 8_388_608, deserialize_with = whole::<1_024, 1_073_741_824, _, _>)]
    pub variable_bytes: usize,
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
    /// How many seconds a client may take to send the headers of its next request, and so stay silent between two. The default outlasts the minute for which common proxies keep an idle connection.
    ///
    /// Accepted: a whole number from 1 to 3600
    #[config(env = "PLUMA_HEADER_TIMEOUT_SECONDS", default = 75, deserialize_with = seconds::<1, 3600, _>)]
    pub header_timeout: Duration,
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
    /// How many streams one viewer may have open on one server; strangers share those of their address.
    ///
    /// Accepted: a whole number from 1 to 1000000
    #[config(env = "PLUMA_LIMIT_STREAMS_PER_VIEWER", default = 200, deserialize_with = whole::<1, 1_000_000, _, _>)]
    pub streams_per_viewer: usize,
    /// How many connections one address may have open to one server. Where PLUMA_TRUSTED_PROXIES says that proxies stand in front, it is theirs to bound connections, and this is not used.
    ///
    /// Accepted: a whole number from 1 to 1000000
    #[config(env = "PLUMA_LIMIT_CONNECTIONS_PER_ADDRESS", default = 1_000, deserialize_with = whole::<1, 1_000_000, _, _>)]
    pub connections_per_address: usize,
}
