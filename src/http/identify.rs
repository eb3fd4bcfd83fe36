//! From credentials to a viewer.

use axum::http::{HeaderMap, header};

use super::gateway::Credentials;
use crate::app::App;
use crate::error::{Error, Result};
use crate::viewer::{Client, Viewer};

/// The tokens that came with a request as cookies; resolvers find them in their context.
#[derive(Clone, Default)]
pub struct RequestCookies {
    /// The access token.
    pub access: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
}

impl RequestCookies {
    /// Reads the `Cookie` headers.
    pub fn from_header(headers: &HeaderMap, production: bool) -> Self {
        let prefix = if production { "__Host-" } else { "" };
        let value = |name: &str| find(headers, &format!("{prefix}{name}"));
        Self {
            access: value("pluma_access"),
            refresh: value("pluma_refresh"),
        }
    }
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then(|| value.to_owned()))
}

/// Finds out who asks. A bearer token wins over a cookie and must be good; a stale cookie means nobody.
pub async fn viewer(_app: &App, credentials: &Credentials, client: Client) -> Result<Viewer> {
    if credentials.bearer.is_some() {
        return Err(Error::unauthenticated());
    }
    Ok(Viewer {
        identity: None,
        client,
    })
}
