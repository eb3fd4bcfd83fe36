//! One log line and two measurements per request. The query string is left out: GET queries carry contents.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field;

use super::client_address::ClientAddress;

/// Routes that machines ask for every few seconds: not worth a line.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Writes the line once the answer begins; streams go on after it.
pub async fn write(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let client = request.extensions().get::<ClientAddress>().cloned();
    let response = next.run(request).await;
    let (elapsed, status) = (start.elapsed(), response.status());

    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let labels = [
        ("method", known(&method).to_owned()),
        ("path", route.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!("pluma_http_requests_total", &labels).increment(1);
    metrics::histogram!("pluma_http_seconds", &labels[..2]).record(elapsed);

    let client = client.map(|client| field::display(client.0));
    let duration_ms = elapsed.as_micros() as f64 / 1_000.0;
    let status_code = status.as_u16();
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(%method, path, status = status_code, duration_ms, client, "answered");
    } else if PROBES.contains(&route) {
        tracing::debug!(%method, path, status = status_code, duration_ms, client, "answered");
    } else {
        tracing::info!(%method, path, status = status_code, duration_ms, client, "answered");
    }
    response
}

/// Clients may invent methods; a label must not.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::POST
        | Method::HEAD
        | Method::OPTIONS
        | Method::PUT
        | Method::DELETE
        | Method::PATCH
        | Method::CONNECT => method.as_str(),
        _ => "other",
    }
}
