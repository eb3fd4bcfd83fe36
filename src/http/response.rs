//! How a GraphQL result becomes an HTTP answer: status, media type, body and caching headers.

use super::negotiate::Media;
use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use aws_lc_rs::digest;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::time::Duration;

/// What an answer depends on, for caches.
const VARY: HeaderValue = HeaderValue::from_static("Accept, Authorization, Cookie, Origin");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A result as it goes over the wire: a request error has no `data` at all.
pub struct Payload<'a>(pub &'a Response);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(response) = self;
        let mut map = serializer.serialize_map(None)?;
        if !response.errors.is_empty() {
            map.serialize_entry("errors", &response.errors)?;
        }
        if !is_request_error(response) {
            map.serialize_entry("data", &response.data)?;
        }
        if !response.extensions.is_empty() {
            map.serialize_entry("extensions", &response.extensions)?;
        }
        map.end()
    }
}

/// Whether nothing was executed: no data, and no error that belongs to a field.
pub fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// An error with an `extensions.code`.
pub fn coded(code: &str, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    set_code(&mut error, code);
    error
}

/// Sets `extensions.code`.
pub fn set_code(error: &mut ServerError, code: &str) {
    error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default)
        .set("code", code);
}

/// The `extensions.code` of an error.
pub fn code(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

/// Gives a code to errors that came without: those of validation, and of arguments that a
/// field could not read.
pub fn complete_codes(response: &mut Response) {
    for error in &mut response.errors {
        if code(error).is_none() {
            let of_request = error.path.is_empty();
            set_code(
                error,
                if of_request {
                    "GRAPHQL_VALIDATION_FAILED"
                } else {
                    "BAD_USER_INPUT"
                },
            );
        }
    }
}

/// The status that stands for an error's code.
pub fn status_of(error: &ServerError) -> StatusCode {
    match code(error).unwrap_or_default() {
        "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
        "FORBIDDEN" => StatusCode::FORBIDDEN,
        "CONFLICT" | "IDEMPOTENCY_ANSWER_LOST" => StatusCode::CONFLICT,
        "IDEMPOTENCY_KEY_REUSED" => StatusCode::UNPROCESSABLE_ENTITY,
        "RATE_LIMITED" | "TOO_MANY_STREAMS" => StatusCode::TOO_MANY_REQUESTS,
        "TIMEOUT" => StatusCode::GATEWAY_TIMEOUT,
        "SERVICE_UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        "INTERNAL_SERVER_ERROR" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// A request that is answered before anything is executed.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    error: Box<ServerError>,
    allow: Option<&'static str>,
    well_formed: bool,
}

impl Refusal {
    /// The HTTP request itself is wrong: the status holds for every media type.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let error = Box::new(coded(code, message));
        Self {
            status,
            error,
            allow: None,
            well_formed: false,
        }
    }

    /// A well-formed request asks for what cannot be done; `application/json` says so with 200.
    pub fn well_formed(error: ServerError) -> Self {
        Self {
            status: status_of(&error),
            error: Box::new(error),
            allow: None,
            well_formed: true,
        }
    }

    /// 405, with the methods that would do.
    pub fn method(allow: &'static str, message: impl Into<String>) -> Self {
        let refusal = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            message,
        );
        Self {
            allow: Some(allow),
            ..refusal
        }
    }

    /// Whether the request could be read, and only what it asks for is wrong.
    pub fn is_well_formed(&self) -> bool {
        self.well_formed
    }

    /// The error alone, for transports without status codes.
    pub fn into_error(self) -> ServerError {
        *self.error
    }

    /// The HTTP answer.
    pub fn into_answer(self, media: Option<Media>) -> axum::response::Response {
        let status = match media {
            Some(Media::Json) if self.well_formed => StatusCode::OK,
            _ => self.status,
        };
        let response = Response::from_errors(vec![*self.error]);
        let mut answer = json(status, media.unwrap_or(Media::Json), &Payload(&response));
        let headers = answer.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        tell_when(&response, &mut answer);
        answer
    }
}

/// `Retry-After`, where an error of the response says when to come back.
pub fn tell_when(response: &Response, answer: &mut axum::response::Response) {
    let wait = response.errors.iter().filter_map(|error| {
        match error.extensions.as_ref()?.get("retryAfter")? {
            Value::Number(seconds) => seconds.as_u64(),
            _ => None,
        }
    });
    if let Some(seconds) = wait.max() {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
}

/// A JSON answer that nobody may keep.
pub fn json(status: StatusCode, media: Media, body: &impl Serialize) -> axum::response::Response {
    match serde_json::to_vec(body) {
        Ok(body) => uncached(status, media, body.into()),
        Err(error) => {
            tracing::error!(%error, "a GraphQL result could not be serialised");
            let body = r#"{"errors":[{"message":"Something went wrong.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#;
            uncached(StatusCode::INTERNAL_SERVER_ERROR, media, body.into())
        }
    }
}

fn uncached(status: StatusCode, media: Media, body: Body) -> axum::response::Response {
    let mut answer = axum::response::Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media.content_type()),
    );
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::VARY, VARY);
    answer
}

/// The answer to one executed operation.
pub fn single(response: &Response, media: Media) -> axum::response::Response {
    let status = match (media, response.errors.first()) {
        (Media::GraphqlResponse, Some(error)) if is_request_error(response) => status_of(error),
        _ => StatusCode::OK,
    };
    let mut answer = json(status, media, &Payload(response));
    if status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        answer
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, bearer);
    }
    tell_when(response, &mut answer);
    answer
}

/// For how long anybody may keep this answer to an anonymous GET; `None` where nobody may.
pub fn public_age(response: &Response, longest: Duration) -> Option<u64> {
    let control = response.cache_control;
    if !control.public || !response.errors.is_empty() {
        return None;
    }
    match u64::try_from(control.max_age) {
        Ok(0) => Some(longest.as_secs()),
        Ok(age) => Some(age.min(longest.as_secs())),
        // Negative is async-graphql's `no-cache`.
        Err(_) => None,
    }
}

/// The answer to an anonymous GET of what everybody may see: with an ETag, and 304 where the
/// client has it already.
pub fn public(
    response: &Response,
    media: Media,
    age: u64,
    request: &HeaderMap,
) -> axum::response::Response {
    let Ok(body) = serde_json::to_vec(&Payload(response)) else {
        return single(response, media);
    };
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(media.content_type().as_bytes());
    hash.update(&body);
    // Weak, because compression further out changes the bytes.
    let tag = format!("W/\"{}\"", hex::encode(&hash.finish().as_ref()[..16]));
    let mut answer = if is_known(&tag, request) {
        let mut answer = uncached(StatusCode::NOT_MODIFIED, media, Body::empty());
        answer.headers_mut().remove(header::CONTENT_TYPE);
        answer
    } else {
        uncached(StatusCode::OK, media, body.into())
    };
    let control = format!("public, max-age={age}");
    for (name, value) in [(header::ETAG, tag), (header::CACHE_CONTROL, control)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// The weak comparison of `If-None-Match`.
fn is_known(tag: &str, request: &HeaderMap) -> bool {
    let opaque = tag.trim_start_matches("W/");
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == opaque)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{CacheControl, PathSegment};

    #[test]
    fn a_request_error_has_no_data_and_a_field_error_has() {
        let request = Response::from_errors(vec![coded("BAD_USER_INPUT", "no")]);
        let text = serde_json::to_string(&Payload(&request)).unwrap();
        assert!(!text.contains("data"), "{text}");
        let error = coded("NOT_FOUND", "no").with_path(vec![PathSegment::Field("a".into())]);
        let field = Response::from_errors(vec![error]);
        let text = serde_json::to_string(&Payload(&field)).unwrap();
        assert!(text.contains(r#""data":null"#), "{text}");
    }

    #[test]
    fn only_public_results_may_be_kept() {
        let longest = Duration::from_secs(60);
        let age = |public, max_age| {
            let control = CacheControl { public, max_age };
            public_age(&Response::new(Value::Null).cache_control(control), longest)
        };
        assert_eq!(age(true, 0), Some(60));
        assert_eq!(age(true, 5), Some(5));
        assert_eq!(age(true, 500), Some(60));
        assert_eq!(age(true, -1), None);
        assert_eq!(age(false, 5), None);
    }

    #[test]
    fn the_same_body_has_the_same_tag_and_is_not_sent_twice() {
        let response = Response::new(Value::from(1));
        let first = public(&response, Media::Json, 5, &HeaderMap::new());
        let tag = first.headers()[header::ETAG].clone();
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, tag);
        let again = public(&response, Media::Json, 5, &headers);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = public(&response, Media::GraphqlResponse, 5, &headers);
        assert_eq!(other.status(), StatusCode::OK);
    }
}
