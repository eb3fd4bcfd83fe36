//! Headers that keep browsers from doing with an answer what it was not meant for.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::app::App;

/// For answers that are no pages: nothing may be loaded, nothing may be framed.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// For GraphiQL: everything from this server, WebSockets included, and the styles that its editor writes.
pub const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    worker-src 'self'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
    object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
/// For the start page: the styles that stand in it, by their hash, and nothing else.
pub fn start_policy(page: &str) -> String {
    let styles = page
        .split_once("<style>")
        .and_then(|(_, rest)| rest.split_once("</style>"));
    let hash = digest(&SHA256, styles.map_or("", |(styles, _)| styles).as_bytes());
    let hash = STANDARD.encode(hash);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// For browsers that reached the server over TLS: never without it again, for a year.
const STRICT_TRANSPORT: &str = "max-age=31536000";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    // Pages of configured origins read answers by CORS, which this leaves alone.
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
];

/// Whether browsers reach the server over TLS: in production, at an `https://` address.
pub fn over_tls(app: &App) -> bool {
    let config = &app.config;
    config.environment.is_production() && config.server.public_url.scheme() == "https"
}

/// Adds the headers; pages bring policies of their own.
pub async fn headers(State(over_tls): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if over_tls {
        let strict = HeaderValue::from_static(STRICT_TRANSPORT);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, strict);
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, DATA_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
