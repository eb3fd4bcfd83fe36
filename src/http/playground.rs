//! `/`: GraphiQL where it was built and is wanted, otherwise a page that says what this server is.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{refusal, security};
use crate::config::Server;

#[derive(RustEmbed)]
#[folder = "playground/dist"]
struct Dist;

const INDEX: &str = "index.html";
const START: &str = include_str!("start.html");
/// The address that the start page is written with.
const USUAL_URL: &str = "http://localhost:8000";
/// Names of assets hold the hash of their content.
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Finds a file of GraphiQL's build by its path.
type Files = fn(&str) -> Option<File>;

/// A file of GraphiQL's build.
struct File {
    content: Cow<'static, [u8]>,
    hash: [u8; 32],
    kind: String,
}

impl From<EmbeddedFile> for File {
    fn from(file: EmbeddedFile) -> Self {
        Self {
            hash: file.metadata.sha256_hash(),
            kind: file.metadata.mimetype().to_owned(),
            content: file.data,
        }
    }
}

fn embedded(path: &str) -> Option<File> {
    Dist::get(path).map(File::from)
}

/// Whether GraphiQL was built before this program was.
pub fn is_built() -> bool {
    Dist::get(INDEX).is_some()
}

/// What `/` and below it answers.
pub fn routes(config: &Server) -> Router {
    routes_of(config, embedded)
}

fn routes_of(config: &Server, files: Files) -> Router {
    if !config.graphiql {
        // Not there at all.
        Router::new()
    } else if files(INDEX).is_some() {
        Router::new()
            .route("/", get(page))
            .route("/assets/{*path}", get(asset))
            .with_state(files)
    } else {
        let url = config.public_url.as_str().trim_end_matches('/');
        let start = START.replace(USUAL_URL, url);
        Router::new().route("/", get(|| async { start_page(start) }))
    }
}

/// GraphiQL's page.
async fn page(State(files): State<Files>, request: Request) -> Response {
    let Some(file) = files(INDEX) else {
        return refusal::not_found(request).await;
    };
    let mut answer = serve(file, request.headers(), ASK_AGAIN);
    let policy = header::HeaderValue::from_static(security::PAGE_POLICY);
    answer
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// One of the files that the page loads.
async fn asset(State(files): State<Files>, Path(path): Path<String>, request: Request) -> Response {
    match files(&format!("assets/{path}")) {
        Some(file) => serve(file, request.headers(), FOREVER),
        None => refusal::not_found(request).await,
    }
}

/// What this server is, where to go, and how to get GraphiQL.
fn start_page(page: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, ASK_AGAIN.to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            security::start_policy(&page),
        ),
    ];
    (headers, page).into_response()
}

fn serve(file: File, request: &HeaderMap, caching: &'static str) -> Response {
    // Weak, because compression further out changes the bytes.
    let hash = hex::encode(&file.hash[..16]);
    let tag = format!("W/\"{hash}\"");
    let known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(&hash));
    let kind = match file.kind {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other,
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching.to_owned()),
        (header::ETAG, tag),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, Body::from(file.content)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    fn built(path: &str) -> Option<File> {
        let (content, kind): (&[u8], _) = match path {
            INDEX => (b"<script src=\"./assets/index-1.js\">", "text/html"),
            "assets/index-1.js" => (b"start()", "text/javascript"),
            "assets/font.woff2" => (b"font", "font/woff2"),
            _ => return None,
        };
        Some(File {
            content: content.into(),
            hash: [u8::try_from(path.len()).unwrap(); 32],
            kind: kind.to_owned(),
        })
    }

    fn not_built(_: &str) -> Option<File> {
        None
    }

    fn config(graphiql: bool) -> Server {
        let data = tempfile::tempdir().unwrap();
        let env = |name: &str| match name {
            "PLUMA_DATA_DIR" => data.path().to_str().map(str::to_owned),
            "PLUMA_PUBLIC_URL" => Some("http://pluma.example:8123".to_owned()),
            _ => None,
        };
        let mut config = Config::load_from(&env, None).unwrap().server;
        config.graphiql = graphiql;
        config
    }

    async fn ask(files: Files, path: &str, tag: Option<&str>) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::get(path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let request = request.body(Body::empty()).unwrap();
        let routes = routes_of(&config(true), files);
        let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.into()).unwrap();
        (parts.status, parts.headers, body)
    }

    #[tokio::test]
    async fn what_was_not_built_is_said_with_the_way_to_it() {
        let (status, headers, body) = ask(not_built, "/", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY],
            security::start_policy(&body)
        );
        assert!(!security::start_policy(&body).contains("unsafe"));
        assert!(body.contains("script/server"), "{body}");
        assert!(body.contains("http://pluma.example:8123/"), "{body}");
        assert!(!body.contains(USUAL_URL), "{body}");
        let (status, ..) = ask(not_built, "/assets/index-1.js", None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn the_page_is_asked_for_again_and_its_files_are_kept() {
        let (status, headers, body) = ask(built, "/", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[header::CACHE_CONTROL], ASK_AGAIN);
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY],
            security::PAGE_POLICY
        );
        assert!(body.contains("./assets/index-1.js"));
        for (path, kind) in [
            ("/assets/index-1.js", "text/javascript; charset=utf-8"),
            ("/assets/font.woff2", "font/woff2"),
        ] {
            let (status, headers, _) = ask(built, path, None).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers[header::CONTENT_TYPE], kind);
            assert_eq!(headers[header::CACHE_CONTROL], FOREVER);
            let tag = headers[header::ETAG].to_str().unwrap();
            let (status, again, body) = ask(built, path, Some(tag)).await;
            assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
            assert_eq!(again[header::ETAG], tag);
            let (status, ..) = ask(built, path, Some("W/\"other\"")).await;
            assert_eq!(status, StatusCode::OK);
        }
        let (status, ..) = ask(built, "/assets/nothing.js", None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn nothing_is_there_where_it_is_not_wanted() {
        for files in [built as Files, not_built] {
            let request = Request::get("/").body(Body::empty()).unwrap();
            let answer = routes_of(&config(false), files).oneshot(request).await;
            assert_eq!(answer.unwrap().status(), StatusCode::NOT_FOUND);
        }
    }
}
