//! `/media/…`: pictures, in whole and in part, and uploads where the store takes none itself.

mod range;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use futures_util::TryStreamExt;
use serde::Deserialize;

use super::refusal;
use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::id::{ImageId, UploadId};
use crate::media::service::{self, Received, Served};
use range::Part;

/// Whatever the bytes are taken for, they do nothing.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// What a signed address carries.
#[derive(Deserialize)]
struct Signed {
    expires: Option<String>,
    signature: Option<String>,
}

impl Signed {
    fn parts(&self) -> Option<(&str, &str)> {
        Some((self.expires.as_deref()?, self.signature.as_deref()?))
    }
}

/// Pictures and uploads.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/media/{id}", get(original))
        .route("/media/{id}/{width}", get(rendition))
        .route("/media/uploads/{id}", put(upload))
}

async fn original(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(signed): Query<Signed>,
    request: Request,
) -> Response {
    answer(&app, &id, None, &signed, request).await
}

async fn rendition(
    State(app): State<App>,
    Path((id, width)): Path<(String, String)>,
    Query(signed): Query<Signed>,
    request: Request,
) -> Response {
    match width.parse() {
        Ok(width) => answer(&app, &id, Some(width), &signed, request).await,
        Err(_) => refusal::not_found(request).await,
    }
}

async fn answer(
    app: &App,
    id: &str,
    width: Option<u32>,
    signed: &Signed,
    request: Request,
) -> Response {
    let served = match find(app, id, width, signed).await {
        Ok(Some(served)) => served,
        Ok(None) => return refusal::not_found(request).await,
        Err(error) => return failed(&error, &request),
    };
    match send(app, &served, request.method(), request.headers()).await {
        Ok(Some(response)) => response,
        Ok(None) => refusal::not_found(request).await,
        Err(error) => failed(&error, &request),
    }
}

async fn find(app: &App, id: &str, width: Option<u32>, signed: &Signed) -> Result<Option<Served>> {
    let Some(id) = ImageId::parse(id) else {
        return Ok(None);
    };
    match service::permitted(app, id, signed.parts()).await? {
        Some((seen, private)) => service::serve(app, seen, private, width).await,
        None => Ok(None),
    }
}

async fn send(
    app: &App,
    served: &Served,
    method: &Method,
    asked: &HeaderMap,
) -> Result<Option<Response>> {
    let tag = format!("\"{}\"", served.tag);
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        HeaderValue::from_str(value)
            .map(|value| headers.insert(name, value))
            .map_err(Error::caused_by)
    };
    set(header::ETAG, &tag)?;
    set(
        header::CACHE_CONTROL,
        &kept(served.private, app.config.media.cache),
    )?;
    set(header::CONTENT_SECURITY_POLICY, POLICY)?;
    // Front ends of other origins show pictures too.
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "cross-origin",
    )?;
    if range::is_known(asked, &tag) {
        return Ok(Some((StatusCode::NOT_MODIFIED, headers).into_response()));
    }
    let size = served.size;
    set(header::CONTENT_TYPE, &served.content_type)?;
    set(header::CONTENT_DISPOSITION, "inline")?;
    set(header::ACCEPT_RANGES, "bytes")?;
    let (status, part) = match range::of(asked, &tag, size) {
        Part::Whole => (StatusCode::OK, None),
        Part::Some(part) => {
            let content = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            set(header::CONTENT_RANGE, &content)?;
            (StatusCode::PARTIAL_CONTENT, Some(part))
        }
        Part::Nothing => {
            set(header::CONTENT_RANGE, &format!("bytes */{size}"))?;
            headers.remove(header::CONTENT_TYPE);
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Ok(Some((status, headers).into_response()));
        }
    };
    let length = part.as_ref().map_or(size, |part| part.end - part.start);
    headers.insert(header::CONTENT_LENGTH, length.into());
    if method == Method::HEAD {
        return Ok(Some((status, headers).into_response()));
    }
    let found = service::open(app, served, part).await?;
    Ok(found.map(|found| {
        let bytes = found.bytes.map_err(std::io::Error::other);
        (status, headers, Body::from_stream(bytes)).into_response()
    }))
}

/// The bytes of a public address never change; whether it is public may, which those who keep them do not hear.
fn kept(private: Option<Duration>, public: Duration) -> String {
    match private {
        Some(left) => format!("private, max-age={}", left.as_secs()),
        None => format!("public, max-age={}, immutable", public.as_secs()),
    }
}

async fn upload(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(signed): Query<Signed>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let about = Request::from_parts(parts, Body::empty());
    let length = about.headers().get(header::CONTENT_LENGTH);
    let announced = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let bytes = body.into_data_stream().map_err(|_| {
        Error::bad_input("The upload was cut off before its end; nothing of it was kept.")
    });
    let received = match (UploadId::parse(&id), signed.parts()) {
        (Some(id), Some(signed)) => {
            let patience = app.config.limits.request_timeout;
            let receiving = service::receive(&app, id, signed, announced, bytes);
            let late = Error::refused(Code::Timeout, "The upload took too long.");
            let received = tokio::time::timeout(patience, receiving).await;
            received.unwrap_or(Err(late))
        }
        _ => Ok(Received::Refused),
    };
    match received {
        Ok(Received::Stored) => StatusCode::OK.into_response(),
        Ok(Received::Refused) => refusal::not_found(about).await,
        Ok(Received::WrongSize) => {
            let message =
                "These are not as many bytes as were announced; nothing of them was kept.";
            let id = about.extensions().get();
            refusal::coded(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                message,
                id,
            )
        }
        Err(error) => failed(&error, &about),
    }
}

fn failed(error: &Error, request: &Request) -> Response {
    let (status, code) = match error {
        Error::Refused { code, .. } => (
            match code {
                Code::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
                Code::Timeout => StatusCode::REQUEST_TIMEOUT,
                _ => StatusCode::BAD_REQUEST,
            },
            code.as_str(),
        ),
        _ => {
            tracing::error!(%error, "a picture could not be served");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            let message = "The server failed; its log has the cause.";
            let id = request.extensions().get();
            return refusal::coded(status, "INTERNAL_SERVER_ERROR", message, id);
        }
    };
    let id = request.extensions().get();
    refusal::coded(status, code, &error.to_string(), id)
}
