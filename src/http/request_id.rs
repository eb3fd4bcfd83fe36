//! The id of each request: taken over from `X-Request-ID` where it is sane, made otherwise, always sent back.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::clock;

/// The header, in both directions.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

/// The id, in the extensions of every request.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Gives the request its id, and the answer the same.
pub async fn carry(mut request: Request, next: Next) -> Response {
    let id = accepted(request.headers()).unwrap_or_else(|| clock::new_uuid().simple().to_string());
    let value = HeaderValue::from_str(&id);
    request.extensions_mut().insert(RequestId(id));
    let mut response = next.run(request).await;
    if let Ok(value) = value {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn accepted(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let is_sane =
        (1..=LONGEST).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_sane.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_visible_ascii_is_taken_over() {
        let take = |value: &[u8]| {
            let value = HeaderValue::from_bytes(value).unwrap();
            accepted(&HeaderMap::from_iter([(HEADER, value)]))
        };
        assert_eq!(take(b"a-1").as_deref(), Some("a-1"));
        assert_eq!(take(&[b'x'; 128]).map(|id| id.len()), Some(128));
        assert_eq!(take(&[b'x'; 129]), None);
        assert_eq!(take(b""), None);
        assert_eq!(take(b"a b"), None);
        assert_eq!(take("é".as_bytes()), None);
    }
}
