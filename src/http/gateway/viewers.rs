//! Who asks, by what a request shows.

use std::net::{IpAddr, Ipv4Addr};

use async_graphql::ServerError;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Gateway;
use crate::accounts::{self, cookies::RequestCookies};
use crate::error::{Code, Error, Result};
use crate::http::client_address::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::trace::TraceId;
use crate::id::UserId;
use crate::viewer::{Client, network};

/// Who asks, with what else only this request carries.
#[derive(Clone)]
pub struct Viewer {
    pub(super) viewer: crate::viewer::Viewer,
    pub(super) cookies: RequestCookies,
    pub(super) trace_id: Option<String>,
}

/// Whose streams are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Streamer {
    /// An account's.
    User(UserId),
    /// Those of strangers at one address.
    Stranger(Option<IpAddr>),
}

impl Viewer {
    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        self.viewer.is_anonymous()
    }

    /// With whose streams theirs are counted.
    pub fn streamer(&self) -> Streamer {
        match self.viewer.id() {
            Some(id) => Streamer::User(id),
            None => Streamer::Stranger(self.viewer.client.ip.map(network)),
        }
    }

    /// Who asks, as services want to know it.
    pub fn into_inner(self) -> crate::viewer::Viewer {
        self.viewer
    }
}

/// For API keys, where `Authorization` is taken by a proxy in front.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Longer names of clients are cut.
const LONGEST_USER_AGENT: usize = 300;

/// What a client shows to be recognised.
pub struct Credentials {
    /// The token or API key of `Authorization: Bearer`, or the key of `X-API-Key`.
    pub bearer: Option<String>,
    /// The access token of the session's cookie.
    pub cookie: Option<String>,
    /// The refresh token of its other cookie.
    pub refresh_cookie: Option<String>,
    /// The cookie that makes the device known to an account.
    pub device_cookie: Option<String>,
    /// The client's address.
    pub address: IpAddr,
    /// What the client calls itself, cut at 300 characters.
    pub user_agent: Option<String>,
    /// The id of the request, or of the upgrade that opened a WebSocket.
    pub request_id: String,
    /// The trace that the same belongs to.
    pub trace_id: Option<String>,
}

impl Gateway {
    /// What the request shows.
    pub fn credentials(&self, parts: &Parts) -> Credentials {
        let text = |name| parts.headers.get(name)?.to_str().ok();
        let production = self.0.app.config.environment.is_production();
        let cookies = RequestCookies::from_header(&parts.headers, production);
        let id = parts.extensions.get::<RequestId>();
        let trace = parts.extensions.get::<TraceId>();
        let address = parts.extensions.get::<ClientAddress>();
        Credentials {
            bearer: bearer(&parts.headers),
            cookie: cookies.access,
            refresh_cookie: cookies.refresh,
            device_cookie: cookies.device,
            address: address.map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.0),
            user_agent: text(header::USER_AGENT)
                .map(|name| name.chars().take(LONGEST_USER_AGENT).collect()),
            request_id: id.map(|id| id.0.clone()).unwrap_or_default(),
            trace_id: trace.map(|trace| trace.0.clone()),
        }
    }

    /// Nobody, from where the request comes.
    pub fn stranger(&self, credentials: &Credentials) -> crate::viewer::Viewer {
        crate::viewer::Viewer {
            identity: None,
            client: Client {
                ip: Some(credentials.address),
                user_agent: credentials.user_agent.clone(),
                request_id: Some(credentials.request_id.clone()),
            },
            budget: None,
        }
    }

    /// Who asks. A bearer token must be good; a stale cookie means nobody.
    pub async fn viewer(&self, credentials: &Credentials) -> Result<Viewer> {
        let client = self.stranger(credentials).client;
        let app = &self.0.app;
        let viewer = match credentials.bearer.as_deref() {
            Some(token) => accounts::authenticate(app, Some(token), client).await?,
            None => {
                let cookie = credentials.cookie.as_deref();
                accounts::authenticate_cookie(app, cookie, client).await?
            }
        };
        let cookies = RequestCookies {
            access: credentials.cookie.clone(),
            refresh: credentials.refresh_cookie.clone(),
            device: credentials.device_cookie.clone(),
        };
        Ok(Viewer {
            viewer,
            cookies,
            trace_id: credentials.trace_id.clone(),
        })
    }

    /// The same viewer with the rights of this moment; UNAUTHENTICATED once the session has ended.
    pub async fn renewed(&self, viewer: &Viewer) -> Result<Viewer> {
        let mut renewed = viewer.clone();
        renewed.viewer = accounts::renew_viewer(&self.0.app, &viewer.viewer).await?;
        Ok(renewed)
    }

    /// Waits until the viewer is no longer who they were, and gives the error that says so; for ever where
    /// nobody is signed in.
    pub fn session_ended(&self, viewer: &Viewer) -> BoxFuture<'static, ServerError> {
        let Some(identity) = viewer.viewer.identity.clone() else {
            return std::future::pending().boxed();
        };
        let request_id = viewer.viewer.client.request_id.as_deref();
        let error = self.error_response(&session_ended(), request_id.unwrap_or_default());
        let ended = accounts::session_ended(self.0.app.clone(), identity);
        ended.map(|()| error).boxed()
    }
}

fn session_ended() -> Error {
    Error::refused(
        Code::Unauthenticated,
        "This session has ended: sign in again.",
    )
}

/// What a program shows. Bytes that are no text are kept in some form, so that they are refused rather than
/// taken for nothing.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let text = |name| {
        let value: &HeaderValue = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    };
    let authorization = text(header::AUTHORIZATION);
    let bearer = authorization.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
    });
    let key = || text(API_KEY).map(|key| key.trim().to_owned());
    bearer.or_else(key).filter(|shown| !shown.is_empty())
}
