//! Answers of the server itself, shaped like GraphQL errors so that clients read one form.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::request_id::RequestId;

/// A JSON answer with one coded error.
pub fn coded(
    status: StatusCode,
    code: &str,
    message: &str,
    request_id: Option<&RequestId>,
) -> Response {
    let mut extensions = json!({ "code": code });
    if let Some(RequestId(id)) = request_id {
        extensions["requestId"] = id.as_str().into();
    }
    let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}

/// 404: JSON for who asks for JSON, a line of text for everybody else.
pub async fn not_found(request: Request) -> Response {
    let message = "There is nothing at this address; the API is at /graphql.";
    plain_or_json(&request, StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

/// 405; the router has set `Allow`.
pub async fn method_not_allowed(request: Request) -> Response {
    let message = "This address does not answer to this method.";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    plain_or_json(&request, status, "METHOD_NOT_ALLOWED", message)
}

fn plain_or_json(request: &Request, status: StatusCode, code: &str, message: &str) -> Response {
    if wants_json(request.headers()) {
        coded(status, code, message, request.extensions().get())
    } else {
        (status, format!("{message}\n")).into_response()
    }
}

/// Whether the client speaks JSON.
pub fn wants_json(headers: &HeaderMap) -> bool {
    [header::ACCEPT, header::CONTENT_TYPE]
        .iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .any(|value| value.contains("json"))
}
