//! Exchanging an API key for a short-lived access token (OAuth 2.0 client credentials, RFC 6749 §4.4).

use std::time::Duration;

use super::{last_use, refusals};
use crate::accounts::api_key;
use crate::accounts::tokens::{self, Access};
use crate::app::App;
use crate::db::query;
use crate::error::Error;
use crate::id::ApiKeyId;
use crate::limiter::Quota;
use crate::viewer::{Client, Role, Scope, Scopes};

/// Wrong secrets from one address before it has to wait.
const WRONG_SECRETS: Quota = Quota {
    capacity: 20,
    period: Duration::from_secs(600),
};

/// A token and what it is good for.
pub struct Granted {
    /// The token.
    pub access: Access,
    /// Seconds until it ends.
    pub expires_in: u64,
    /// Its scopes.
    pub scopes: Scopes,
}

/// Why there is none.
#[derive(Debug)]
pub enum Refusal {
    /// The id or the secret is wrong, or the key has ended.
    InvalidClient,
    /// A scope is not known, or not one of the key's.
    InvalidScope,
    /// Too many wrong secrets came from this address.
    TooMany {
        /// When to come back.
        retry_after_seconds: u64,
    },
    /// Something else is wrong.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Gives a token for the key `secret` whose id is `client_id`, for all of its scopes or for those that are asked for.
pub async fn grant(
    app: &App,
    client: &Client,
    client_id: &str,
    secret: &str,
    scope: Option<&str>,
) -> Result<Granted, Refusal> {
    let address = client.ip.map(|ip| ip.to_string()).unwrap_or_default();
    let budget = format!("client-credentials:{address}");
    // Charged before and given back: of many that try at once, none gets past.
    let charge = app.limiter.charge(&budget, WRONG_SECRETS, 1).await;
    if !charge.allowed {
        return Err(Refusal::TooMany {
            retry_after_seconds: charge.retry_after.as_secs() + 1,
        });
    }
    let now = app.clock.now();
    let found = match (ApiKeyId::parse(client_id), api_key::hash_of(secret)) {
        (Some(id), Some(hash)) => {
            query!(app.db, api_keys::identify(hash, now))?.filter(|(key, ..)| key.id == id)
        }
        _ => None,
    };
    let Some((key, _, role)) = found else {
        refusals::api_key(app, client).await;
        return Err(Refusal::InvalidClient);
    };
    app.limiter.refund(&budget, WRONG_SECRETS, 1).await;
    last_use::note_key(app, &key, now);
    let held = match role {
        Role::Admin => key.scopes,
        Role::User => key.scopes.without(Scope::Admin),
    };
    let scopes = match scope {
        None => held,
        Some(text) => Scopes::parse(text)
            .filter(|asked| asked.are_within(held))
            .ok_or(Refusal::InvalidScope)?,
    };
    if scopes.is_empty() {
        return Err(Refusal::InvalidScope);
    }
    let access = tokens::access_for_key(app, key.user_id, key.id, scopes, now).await?;
    let expires_in = access.expires_at.0.timestamp() - now.0.timestamp();
    Ok(Granted {
        access,
        expires_in: u64::try_from(expires_in).unwrap_or_default(),
        scopes,
    })
}
