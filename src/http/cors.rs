//! Which other origins' pages may call the server: exactly the configured ones, with cookies.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowCredentials, AllowOrigin, CorsLayer};

use super::{idempotent, request_id};

/// How long a browser may remember the answer to a preflight; Chromium's own maximum.
const REMEMBERED: Duration = Duration::from_secs(7_200);

const SENT: [HeaderName; 13] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_NONE_MATCH,
    request_id::HEADER,
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("graphql-preflight"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-apollo-operation-id"),
    HeaderName::from_static("x-apollo-operation-name"),
];

const READ: [HeaderName; 8] = [
    request_id::HEADER,
    idempotent::REPLAYED,
    header::ETAG,
    header::RETRY_AFTER,
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
    HeaderName::from_static("ratelimit-policy"),
];

/// The layer; none where no origin is configured.
pub fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    if origins.is_empty() {
        return None;
    }
    let known = origins.clone();
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_credentials(AllowCredentials::predicate(move |origin, _| {
                known.contains(origin)
            }))
            .allow_methods([Method::GET, Method::POST, Method::PUT])
            .allow_headers(SENT)
            .expose_headers(READ)
            .max_age(REMEMBERED),
    )
}
