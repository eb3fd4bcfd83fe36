//! One tracing span per request, in the W3C trace that the client or a proxy began.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, field};

use super::request_id::RequestId;
use crate::clock;

/// The trace that a request belongs to, in the extensions of every request.
#[derive(Clone, Debug)]
pub struct TraceId(pub String);

/// Runs the request inside of its span.
pub async fn span(mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>();
    let trace_id = trace_id(request.headers()).unwrap_or_else(new_trace_id);
    let span = tracing::info_span!(
        "request",
        request_id = id.map(|id| id.0.as_str()),
        trace_id,
        operation = field::Empty,
    );
    request.extensions_mut().insert(TraceId(trace_id));
    next.run(request).instrument(span).await
}

/// The trace id of a `traceparent` header: version, trace id, parent id and flags, all lower-case hexadecimal.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = value.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let is_valid = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && !is_zero(trace)
        && is_hex(parent, 16)
        && !is_zero(parent)
        && is_hex(flags, 2)
        // Later versions may say more; version 00 may not.
        && (version != "00" || parts.next().is_none());
    is_valid.then(|| trace.to_owned())
}

fn new_trace_id() -> String {
    let bytes = clock::random_bytes::<16>();
    bytes.map_or_else(|_| clock::new_uuid().simple().to_string(), hex::encode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(value: &'static str) -> Option<String> {
        let value = HeaderValue::from_static(value);
        trace_id(&HeaderMap::from_iter([(
            "traceparent".parse().unwrap(),
            value,
        )]))
    }

    #[test]
    fn a_valid_trace_is_taken_over() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let first = read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(first.as_deref(), Some(id));
        let later = read("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-else");
        assert_eq!(later.as_deref(), Some(id));
    }

    #[test]
    fn anything_else_begins_a_new_one() {
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(new_trace_id().len(), 32);
    }
}
