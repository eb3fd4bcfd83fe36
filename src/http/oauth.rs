//! OAuth 2.0 for programs (RFC 6749): client credentials for API keys, the server's metadata (RFC 8414), and
//! the keys that its tokens are signed with (RFC 7517).

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client_address::ClientAddress;
use super::request_id::RequestId;
use crate::accounts::service::{self as accounts, Granted};
use crate::app::App;
use crate::viewer::{Client, Scope};

/// Bytes of the largest form.
const LARGEST: usize = 8_192;
/// For how long others may keep the public keys; less than the time for which a new key only waits.
const KEYS_MAX_AGE: HeaderValue = HeaderValue::from_static("public, max-age=30");

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/oauth/token", post(token))
        .route("/.well-known/jwks.json", get(keys))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

/// Why there is no token, in RFC 6749's words (§5.2).
struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Refusal {
    fn bad(error: &'static str, description: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description,
            header: None,
        }
    }

    fn request(description: &'static str) -> Self {
        Self::bad("invalid_request", description)
    }

    fn client() -> Self {
        let challenge = HeaderValue::from_static("Basic realm=\"pluma\", charset=\"UTF-8\"");
        Self {
            status: StatusCode::UNAUTHORIZED,
            header: Some((header::WWW_AUTHENTICATE, challenge)),
            ..Self::bad(
                "invalid_client",
                "There is no live API key of this id and secret.",
            )
        }
    }
}

impl From<accounts::Refusal> for Refusal {
    fn from(refusal: accounts::Refusal) -> Self {
        match refusal {
            accounts::Refusal::InvalidClient => Self::client(),
            accounts::Refusal::InvalidScope => Self::bad(
                "invalid_scope",
                "A scope is not known, or the API key does not have it.",
            ),
            accounts::Refusal::TooMany {
                retry_after_seconds,
            } => Self {
                status: StatusCode::TOO_MANY_REQUESTS,
                header: Some((header::RETRY_AFTER, retry_after_seconds.into())),
                ..Self::bad(
                    "temporarily_unavailable",
                    "Too many wrong secrets came from this address.",
                )
            },
            accounts::Refusal::Failed(error) => {
                tracing::error!(%error, "a token could not be given out");
                Self {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    ..Self::bad(
                        "temporarily_unavailable",
                        "The server cannot give out a token at the moment.",
                    )
                }
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = uncached(self.status, body);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

fn uncached(status: StatusCode, body: Value) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (status, headers, Json(body)).into_response()
}

async fn token(State(app): State<App>, request: Request) -> Response {
    match grant(&app, request).await {
        Ok(granted) => uncached(
            StatusCode::OK,
            json!({
                "access_token": granted.access.token,
                "token_type": "Bearer",
                "expires_in": granted.expires_in,
                "scope": granted.scopes.to_string(),
            }),
        ),
        Err(refusal) => refusal.into_response(),
    }
}

async fn grant(app: &App, request: Request) -> Result<Granted, Refusal> {
    let (parts, body) = request.into_parts();
    if !is_form(&parts.headers) {
        let message = "Send the parameters as `application/x-www-form-urlencoded`.";
        return Err(Refusal::request(message));
    }
    let mut form = read(app, body).await?;
    let (id, secret) = credentials(&parts.headers, &mut form)?;
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => {
            let message = "Only `client_credentials` is known here.";
            return Err(Refusal::bad("unsupported_grant_type", message));
        }
        None => return Err(Refusal::request("The parameter `grant_type` is missing.")),
    }
    let client = Client {
        ip: parts.extensions.get().map(|ClientAddress(ip)| *ip),
        user_agent: None,
        request_id: parts.extensions.get().map(|RequestId(id)| id.clone()),
    };
    let scope = form.get("scope").map(String::as_str);
    Ok(accounts::grant(app, &client, &id, &secret, scope).await?)
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let media = value.and_then(|value| value.split(';').next());
    media.is_some_and(|media| {
        media
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// The parameters; none may be there twice, and empty ones count as missing (§3.2).
async fn read(app: &App, body: Body) -> Result<HashMap<String, String>, Refusal> {
    let reading = axum::body::to_bytes(body, LARGEST);
    let read = tokio::time::timeout(app.config.limits.request_timeout, reading).await;
    let Ok(Ok(bytes)) = read else {
        return Err(Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            ..Refusal::request("The form is larger than 8192 bytes, or did not arrive.")
        });
    };
    let mut form = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(&bytes) {
        if form.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(Refusal::request("A parameter is there twice."));
        }
    }
    form.retain(|_, value| !value.is_empty());
    Ok(form)
}

/// The key's id and secret, from HTTP's basic authentication or from the form, and not from both (§2.3).
fn credentials(
    headers: &HeaderMap,
    form: &mut HashMap<String, String>,
) -> Result<(String, String), Refusal> {
    let (id, secret) = (form.remove("client_id"), form.remove("client_secret"));
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Ok((
            id.ok_or_else(Refusal::client)?,
            secret.ok_or_else(Refusal::client)?,
        ));
    };
    let (basic_id, basic_secret) = basic(authorization).ok_or_else(Refusal::client)?;
    if secret.is_some() || id.is_some_and(|id| id != basic_id) {
        let message = "The client authenticates in two ways at once.";
        return Err(Refusal::request(message));
    }
    Ok((basic_id, basic_secret))
}

fn basic(authorization: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

/// Both halves are encoded as a form's values are before they are put together (§2.3.1).
fn form_decoded(text: &str) -> Option<String> {
    let escaped = text.replace('&', "%26");
    let (name, value) = url::form_urlencoded::parse(escaped.as_bytes()).next()?;
    (value.is_empty()).then(|| name.into_owned())
}

async fn keys(State(app): State<App>) -> Response {
    let keys = app.keyring.public_keys().await;
    ([(header::CACHE_CONTROL, KEYS_MAX_AGE)], Json(keys)).into_response()
}

async fn metadata(State(app): State<App>) -> Response {
    let base = app.config.server.public_url.as_str().trim_end_matches('/');
    let body = json!({
        "issuer": app.keyring.issuer(),
        "token_endpoint": format!("{base}/oauth/token"),
        "jwks_uri": format!("{base}/.well-known/jwks.json"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    let headers = [(header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, Json(body)).into_response()
}
