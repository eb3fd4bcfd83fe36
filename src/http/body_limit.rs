//! The largest body that any address takes; `/graphql` sets narrower limits of its own.

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::Limited;

use super::refusal;

/// Refuses an announced body that is larger than `limit` bytes, and cuts off one that turns out to be.
pub async fn limit(State(limit): State<usize>, request: Request, next: Next) -> Response {
    let announced = request.body().size_hint().lower();
    if announced > u64::try_from(limit).unwrap_or(u64::MAX) {
        let message = format!("The request is larger than {limit} bytes.");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        let id = request.extensions().get();
        return refusal::coded(status, "PAYLOAD_TOO_LARGE", &message, id);
    }
    next.run(request.map(|body| Body::new(Limited::new(body, limit))))
        .await
}
