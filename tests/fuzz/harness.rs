//! What must hold for any bytes: shared by the fuzz targets, and by the tests that replay their corpus.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use pluma::config::Config;
use pluma::graphql::trusted::Trusted;
use pluma::http::gateway::Limits;
use pluma::http::operation::prepare;
use pluma::http::persisted::PersistedQueries;
use pluma::http::request::{self, Received};
use pluma::http::upload::Sender;
use pluma::id::{
    self, CollaboratorId, JobId, LogId, NotebookId, PageId, RevisionId, SessionId, UserId,
};
use pluma::text::merge::{Merge, three_way};
use pluma::text::{Format, diff};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them; each has a folder in the corpus.
pub const TARGETS: [Target; 3] = [("merge", merge), ("request", request), ("typeid", typeid)];

/// A body that came by POST: read, and what it asks for found. The first byte says whether it is a form with
/// files, whose boundary is `x`.
pub fn request(data: &[u8]) {
    static PARTS: OnceLock<(Runtime, Limits, PersistedQueries)> = OnceLock::new();
    let (runtime, limits, persisted) = PARTS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let config = Config::load_from(&|_| None, None).unwrap();
        let trusted = Trusted::load(&config.persisted).unwrap();
        let persisted = PersistedQueries::new(trusted);
        (runtime.unwrap(), Limits::of(&config), persisted)
    });
    let is_form = data.first() == Some(&b'-');
    let content_type = match is_form {
        true => "multipart/form-data; boundary=x",
        false => "application/json",
    };
    let mut asked = Request::new(());
    let headers = asked.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert("apollo-require-preflight", HeaderValue::from_static("1"));
    // Any text may come as a header too.
    if let Ok(key) = HeaderValue::from_bytes(&data[..data.len().min(300)]) {
        headers.insert("idempotency-key", key);
    }
    let (parts, ()) = asked.into_parts();
    let body = Body::from(data.to_vec());
    let sender = Sender {
        signed_in: data.len().is_multiple_of(2),
        persisted,
    };
    let reading = request::from_body(&parts, body, limits, &sender);
    let Ok(mut received) = runtime.block_on(reading) else {
        return;
    };
    let _ = request::carry_idempotency_key(&parts.headers, &mut received);
    let requests = match received {
        Received::Single(single) => vec![*single],
        Received::Batch(batch) => {
            assert!((1..=limits.batch).contains(&batch.len()));
            batch
        }
    };
    for request in requests {
        assert!(request.uploads.len() <= limits.upload_files);
        if let Ok(operation) = prepare(request, persisted, limits) {
            assert!(!operation.request.query.is_empty());
        }
    }
}

/// A text that a client says is an id.
pub fn typeid(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        macro_rules! one_way {
            ($($kind:ident),*) => {$(
                // There is one way to write an id.
                if let Some(id) = $kind::parse(text) {
                    assert_eq!(id.to_string(), text);
                }
            )*};
        }
        one_way!(
            UserId,
            SessionId,
            NotebookId,
            CollaboratorId,
            PageId,
            RevisionId,
            LogId,
            JobId
        );
        if let Some(uuid) = id::decode(text) {
            assert_eq!(id::encode(uuid), text);
        }
    }
    if let Ok(bytes) = data.try_into() {
        let uuid = Uuid::from_bytes(bytes);
        assert_eq!(id::decode(&id::encode(uuid)), Some(uuid));
    }
}

/// Three texts, with U+0000 between them: what a writer began with, what is stored, and what the writer sends.
/// The first byte says whether they are JSON.
pub fn merge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let format = match data.first() {
        Some(b'{' | b'[') => Format::RichJson,
        _ => Format::Markdown,
    };
    let mut texts = text.splitn(3, '\0');
    let mut next = || texts.next().unwrap_or_default();
    let (base, current, submitted) = (next(), next(), next());
    let clean = |text: &str| Merge::Clean(text.to_owned());
    assert_eq!(three_way(format, base, base, submitted), clean(submitted));
    assert_eq!(three_way(format, base, current, base), clean(current));
    assert_eq!(three_way(format, base, current, current), clean(current));
    let merged = three_way(format, base, current, submitted);
    let swapped = three_way(format, base, submitted, current);
    match (format, &merged, &swapped) {
        // Whoever came first, the outcome is the same.
        (_, Merge::Clean(merged), Merge::Clean(swapped)) => assert_eq!(merged, swapped),
        (Format::Markdown, Merge::Conflict { marked }, Merge::Conflict { .. }) => {
            let marked = marked.as_deref().unwrap_or_default();
            for marker in [
                "<<<<<<< current",
                "||||||| base",
                "=======",
                ">>>>>>> submitted",
            ] {
                assert!(marked.contains(marker));
            }
        }
        (Format::RichJson, Merge::Conflict { marked: None }, Merge::Conflict { .. }) => {}
        _ => panic!("one order of the writers merges, and the other does not"),
    }
    if let (Format::Markdown, Merge::Clean(merged)) = (format, &merged) {
        // Nothing is made up: each line is somebody's.
        let known = |line: &str| {
            [base, current, submitted]
                .iter()
                .any(|text| text.contains(line))
        };
        assert!(merged.lines().all(known));
    }
    let difference = diff::between(base, current);
    assert_eq!(difference.hunks.is_empty(), base == current);
}
