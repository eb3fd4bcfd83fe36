//! Reading GraphQL requests from HTTP: the query string, JSON, batches and uploads.

use super::buffer::Buffer;
use super::gateway::Limits;
use super::json_size;
use super::response::Refusal;
use super::upload::{self, Sender};
use crate::idempotency;
use async_graphql::{Extensions, Request, Value, Variables};
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Headers that no page of another origin can send without the server's consent.
const PREFLIGHTED: [&str; 3] = [
    "apollo-require-preflight",
    "x-apollo-operation-name",
    "graphql-preflight",
];

/// How much of a refused body is still read, as a multiple of the limit, and for how long, so
/// that a client that is still sending gets to see the answer.
const DRAINED: usize = 4;
const LONGEST_DRAIN: Duration = Duration::from_secs(2);

/// The chunks of a body, shared with the reader of its parts.
pub type Chunks = Arc<Mutex<BodyDataStream>>;

/// Where a request carries the id of a persisted document from here on.
pub const DOCUMENT_ID: &str = "documentId";

/// A request as it stands in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    #[serde(default)]
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Variables,
    #[serde(default)]
    extensions: Extensions,
    #[serde(default)]
    document_id: Option<String>,
}

impl From<Sent> for Request {
    fn from(sent: Sent) -> Self {
        let mut request = Self::new(sent.query);
        request.operation_name = sent.operation_name;
        request.variables = sent.variables;
        request.extensions = sent.extensions;
        if let Some(id) = sent.document_id {
            let id = Value::String(id);
            request.extensions.insert(DOCUMENT_ID.to_owned(), id);
        }
        request
    }
}

/// What a client sent.
#[derive(Debug)]
pub enum Received {
    /// One request.
    Single(Box<Request>),
    /// An array of them.
    Batch(Vec<Request>),
}

/// Reads a GET: every parameter is text, `variables` and `extensions` are JSON.
pub fn from_query(parts: &Parts, limits: &Limits) -> Result<Request, Refusal> {
    let mut request = Request::new("");
    let query = parts.uri.query().unwrap_or_default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "query" => request.query = value.into_owned(),
            "operationName" => request.operation_name = Some(value.into_owned()),
            "variables" if !value.is_empty() => {
                json_size::check(value.as_bytes(), limits)?;
                request.variables = parameter("variables", &value)?;
            }
            "extensions" if !value.is_empty() => {
                json_size::check(value.as_bytes(), limits)?;
                let id = request.extensions.remove(DOCUMENT_ID);
                request.extensions = parameter("extensions", &value)?;
                request
                    .extensions
                    .extend(id.map(|id| (DOCUMENT_ID.to_owned(), id)));
            }
            DOCUMENT_ID => {
                let id = Value::String(value.into_owned());
                request.extensions.insert(DOCUMENT_ID.to_owned(), id);
            }
            _ => {}
        }
    }
    Ok(request)
}

fn parameter<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("The parameter `{name}` is not a JSON object: {error}.");
        Refusal::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
    })
}

/// Reads a POST.
pub async fn from_body(
    parts: &Parts,
    body: Body,
    limits: &Limits,
    sender: &Sender<'_>,
) -> Result<Received, Refusal> {
    let chunks = Arc::new(Mutex::new(body.into_data_stream()));
    let reading = read(parts, &chunks, limits, sender);
    let patience = match sender.signed_in {
        true => limits.upload_timeout,
        false => limits.request_timeout,
    };
    let received = tokio::time::timeout(patience, reading).await;
    match received {
        Ok(Ok(received)) => Ok(received),
        Ok(Err(refusal)) => {
            let most = limits.body_bytes.saturating_mul(DRAINED);
            let _ = tokio::time::timeout(LONGEST_DRAIN, drain(&chunks, most)).await;
            Err(refusal)
        }
        Err(_) => {
            let message = "The request took too long to arrive.";
            Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "REQUEST_TIMEOUT",
                message,
            ))
        }
    }
}

async fn drain(chunks: &Chunks, most: usize) {
    let mut chunks = chunks.lock().await;
    let mut total = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        total += chunk.len();
        if total > most {
            break;
        }
    }
}

/// Whether a request brings files.
pub fn has_files(headers: &HeaderMap) -> bool {
    content_type(headers).is_ok_and(|essence| essence == "multipart/form-data")
        && is_preflighted(headers)
}

async fn read(
    parts: &Parts,
    chunks: &Chunks,
    limits: &Limits,
    sender: &Sender<'_>,
) -> Result<Received, Refusal> {
    match content_type(&parts.headers)?.as_str() {
        "application/json" => {
            let announced = parts.headers.get(header::CONTENT_LENGTH);
            let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
            if announced.is_some_and(|length: usize| length > limits.body_bytes) {
                return Err(too_large(limits.body_bytes));
            }
            let body = collect(chunks, limits).await?;
            json_size::check(body.bytes(), limits)?;
            from_json(body.bytes(), limits.batch)
        }
        "multipart/form-data" if is_preflighted(&parts.headers) => {
            upload::read(&parts.headers, chunks, limits, sender).await
        }
        "multipart/form-data" => {
            let message = "Send the header `apollo-require-preflight: true` with multipart \
                           requests; it keeps other web sites from sending them.";
            Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "CSRF_REFUSED",
                message,
            ))
        }
        _ => Err(unsupported("Send `Content-Type: application/json`.")),
    }
}

/// The essence of `Content-Type`, in lower case; another character set than UTF-8 is refused.
fn content_type(headers: &HeaderMap) -> Result<String, Refusal> {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let mut parts = value.unwrap_or_default().split(';');
    let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    for parameter in parts {
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("charset")
            && !matches!(
                value.trim().trim_matches('"').to_ascii_lowercase().as_str(),
                "utf-8" | "utf8"
            )
        {
            return Err(unsupported("Requests are read as UTF-8 only."));
        }
    }
    Ok(essence)
}

fn unsupported(message: &str) -> Refusal {
    Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        message,
    )
}

fn is_preflighted(headers: &HeaderMap) -> bool {
    PREFLIGHTED
        .iter()
        .any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()))
}

/// The refusal of a body over the limit, in bytes.
pub fn too_large(limit: usize) -> Refusal {
    let message = format!("The request is larger than {limit} bytes.");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
}

/// The refusal of what cannot be read at all.
pub fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
}

async fn collect(chunks: &Chunks, limits: &Limits) -> Result<Buffer, Refusal> {
    let mut chunks = chunks.lock().await;
    let mut buffer = Buffer::new(&limits.held, limits.body_bytes);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| malformed("The request broke off."))?;
        buffer.extend(&chunk)?;
    }
    Ok(buffer)
}

/// Reads one request, or an array of at most `batch`.
pub fn from_json(bytes: &[u8], batch: usize) -> Result<Received, Refusal> {
    let is_batch = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let received = if is_batch {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        json.deserialize_seq(Batch(batch))
            .and_then(|requests| json.end().map(|()| Received::Batch(requests)))
    } else {
        let sent = serde_json::from_slice::<Sent>(bytes);
        sent.map(|sent| Received::Single(Box::new(sent.into())))
    };
    received.map_err(|error| {
        let message = format!("The request cannot be read: {error}.");
        if error.is_data() {
            Refusal::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
        } else {
            malformed(message)
        }
    })
}

/// Reads no more requests than allowed, whatever the array's length.
struct Batch(usize);

impl<'de> Visitor<'de> for Batch {
    type Value = Vec<Request>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of 1 to {} requests", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut requests = Vec::new();
        while let Some(sent) = items.next_element::<Sent>()? {
            if requests.len() == self.0 {
                let message = format!("a batch has at most {} requests", self.0);
                return Err(A::Error::custom(message));
            }
            requests.push(sent.into());
        }
        if requests.is_empty() {
            return Err(A::Error::invalid_length(0, &self));
        }
        Ok(requests)
    }
}

/// Where a request carries its idempotency key.
pub const KEY_EXTENSION: &str = "idempotencyKey";

/// Passes an `Idempotency-Key` header on as `extensions.idempotencyKey`, where the other
/// transports have it; the requests of a batch get a key each.
pub fn carry_idempotency_key(headers: &HeaderMap, received: &mut Received) -> Result<(), Refusal> {
    let mut sent = headers.get_all("idempotency-key").iter();
    let Some(value) = sent.next() else {
        return Ok(());
    };
    // The IETF's draft makes it a string in quotes; most clients leave them out.
    let text = value.to_str().unwrap_or_default().trim();
    let quoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    if sent.next().is_some() || !idempotency::is_key(key) {
        let message = "`Idempotency-Key` is sent once and has 1 to 255 visible ASCII characters.";
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "BAD_USER_INPUT",
            message,
        ));
    }
    let set = |request: &mut Request, key: String| {
        let extension = request.extensions.entry(KEY_EXTENSION.to_owned());
        extension.or_insert(Value::String(key));
    };
    match received {
        Received::Single(request) => set(request, key.to_owned()),
        Received::Batch(requests) => {
            for (index, request) in requests.iter_mut().enumerate() {
                set(request, format!("{key}#{index}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &[u8]) -> String {
        from_json(text, 2)
            .map(drop)
            .unwrap_err()
            .into_error()
            .message
    }

    #[test]
    fn wrong_types_are_refused() {
        for text in [
            r#"{"query": 1}"#,
            r#"{"query": "{a}", "operationName": {}}"#,
            r#"{"query": "{a}", "variables": []}"#,
            r#"{"query": "{a}", "extensions": "x"}"#,
            r#""text""#,
            "",
            "{\"query\": \"\u{1}\"}",
        ] {
            assert!(
                message(text.as_bytes()).starts_with("The request cannot be read"),
                "{text}"
            );
        }
        assert!(message(b"{\"query\": \"\xff\"}").contains("unicode"));
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!(
            r#"{{"query":"{{a}}","variables":{{"a":{}"#,
            "[".repeat(100_000)
        );
        assert!(message(deep.as_bytes()).contains("recursion limit"));
    }

    #[test]
    fn a_batch_has_its_bounds() {
        let one = r#"{"query":"{a}"}"#;
        assert!(matches!(
            from_json(format!("[{one},{one}]").as_bytes(), 2),
            Ok(Received::Batch(requests)) if requests.len() == 2
        ));
        assert!(message(format!("[{one},{one},{one}]").as_bytes()).contains("at most 2"));
        assert!(message(b"[]").contains("1 to 2"));
        assert!(message(format!("[{one}] x").as_bytes()).contains("trailing"));
    }
}
