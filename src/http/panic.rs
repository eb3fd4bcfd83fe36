//! A panic in a handler is a defect: logged with its request, and masked like every other fault.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;

use super::refusal;
use super::request_id::RequestId;

/// What clients read of any fault.
pub const MASKED: &str =
    "Something went wrong on the server; the request's id helps to find out what.";

/// Answers 500 where the rest panics.
pub async fn catch(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    answer.await.unwrap_or_else(|cause| {
        tracing::error!(cause = cause_of(&*cause), "a handler panicked");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        refusal::coded(status, "INTERNAL_SERVER_ERROR", MASKED, id.as_ref())
    })
}

/// The message of a panic, where it stands in the program: one that was put together may hold contents.
pub fn cause_of(cause: &(dyn Any + Send)) -> &'static str {
    let text = cause.downcast_ref::<&'static str>().copied();
    text.unwrap_or("a panic; the line before says where")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    async fn fail() -> &'static str {
        panic!("the password is hunter2")
    }

    #[tokio::test]
    async fn a_panic_is_masked_and_carries_the_id_of_its_request() {
        let router = Router::new()
            .route("/", get(fail))
            .layer(from_fn(catch))
            .layer(from_fn(super::super::request_id::carry));
        let request = Request::builder().uri("/").header("x-request-id", "r-1");
        let request = request.body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 500);
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body["errors"][0]["extensions"],
            serde_json::json!({ "code": "INTERNAL_SERVER_ERROR", "requestId": "r-1" })
        );
        assert!(!body.to_string().contains("hunter2"));
    }
}
