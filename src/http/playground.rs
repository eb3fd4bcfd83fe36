//! `/`: GraphiQL where it was built and is wanted, otherwise a page that says what this server is.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{refusal, security};
use crate::app::App;

#[derive(RustEmbed)]
#[folder = "playground/dist"]
struct Dist;

const INDEX: &str = "index.html";
const START: &str = include_str!("start.html");
/// Names of assets hold the hash of their content.
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Whether GraphiQL was built before this program was.
pub fn is_built() -> bool {
    Dist::get(INDEX).is_some()
}

/// GraphiQL's page.
pub async fn page(headers: HeaderMap) -> Response {
    match Dist::get(INDEX) {
        Some(file) => {
            let mut answer = serve(file, &headers, ASK_AGAIN);
            let policy = header::HeaderValue::from_static(security::PAGE_POLICY);
            answer
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
            answer
        }
        None => start(START.to_owned()),
    }
}

/// One of the files that the page loads.
pub async fn asset(Path(path): Path<String>, request: Request) -> Response {
    match Dist::get(&format!("assets/{path}")) {
        Some(file) => serve(file, request.headers(), FOREVER),
        None => refusal::not_found(request).await,
    }
}

/// What this server is, where to go, and how to get GraphiQL. Without GraphiQL by configuration the
/// page is not there at all.
pub async fn start_page(State(app): State<App>, request: Request) -> Response {
    if app.config.server.graphiql {
        let url = app.config.server.public_url.as_str();
        start(START.replace("http://localhost:8000", url.trim_end_matches('/')))
    } else {
        refusal::not_found(request).await
    }
}

fn start(page: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, ASK_AGAIN),
        (header::CONTENT_SECURITY_POLICY, security::START_POLICY),
    ];
    (headers, page).into_response()
}

fn serve(file: EmbeddedFile, request: &HeaderMap, caching: &'static str) -> Response {
    // Weak, because compression further out changes the bytes.
    let hash = hex::encode(&file.metadata.sha256_hash()[..16]);
    let tag = format!("W/\"{hash}\"");
    let known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(&hash));
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching.to_owned()),
        (header::ETAG, tag),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, Body::from(file.data)).into_response()
    }
}
