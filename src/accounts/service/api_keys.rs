//! What people do with their API keys.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{gone, wake_streams};
use crate::accounts::api_key::{self, ApiKey};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::ApiKeyId;
use crate::logs::Log;
use crate::validate::Checks;
use crate::viewer::{Scopes, Viewer};

/// As many live keys as one account has at most.
const MOST: i64 = 50;
/// As many ended ones are listed.
const MOST_ENDED: i64 = 50;
/// Characters of the longest name.
const NAME_MAX: usize = 80;

/// What a new key is to be.
pub struct NewKey {
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a key; gives it with its secret, which is nowhere else.
pub async fn create_key(app: &App, viewer: &Viewer, input: NewKey) -> Result<(ApiKey, String)> {
    let (identity, _) = viewer.require_session()?;
    let now = app.clock.now();
    let mut checks = Checks::new();
    let name = checks.line(["input", "name"], &input.name, 1, NAME_MAX);
    if input.scopes.is_empty() {
        let message = "A key without a scope is good for nothing: name at least one.";
        checks.add(UserErrorCode::Blank, ["input", "scopes"], message);
    }
    let expires_at = match input.expires_at.map(Timestamp::try_from) {
        None => None,
        Some(Ok(at)) if at > now => Some(Timestamp::truncated(at.0)),
        Some(_) => {
            let message = "This time has passed already, or lies beyond the calendar.";
            checks.add(UserErrorCode::Invalid, ["input", "expiresAt"], message);
            None
        }
    };
    checks.done()?;
    let secret = api_key::secret()?;
    let key = ApiKey {
        id: ApiKeyId::new(),
        user_id: identity.user_id,
        name,
        prefix: secret.prefix,
        scopes: input.scopes,
        created_at: now,
        last_used_at: None,
        expires_at,
        revoked_at: None,
    };
    let entry = Log::audit(viewer, now, "api_key.created", key.id).with(json!({
        "prefix": key.prefix,
        "scopes": key.scopes.to_string(),
        "expiresAt": key.expires_at,
    }));
    let full = Error::user(
        UserErrorCode::LimitReached,
        ["input"],
        format!("An account has at most {MOST} keys: revoke one first."),
    );
    let refusal = Error::user(
        UserErrorCode::Forbidden,
        ["input", "scopes"],
        "Only administrators' keys have the scope ADMIN.",
    );
    let stored = (key.clone(), secret.hash);
    commit!(
        app.db,
        api_keys::insert(stored, MOST, (full, refusal), entry)
    )?
    .ok_or_else(gone)?;
    Ok((key, secret.text))
}

/// The viewer's keys: the live ones, and those that ended last.
pub async fn list_keys(app: &App, viewer: &Viewer) -> Result<Vec<ApiKey>> {
    let (identity, _) = viewer.require_session()?;
    let (user, now) = (identity.user_id, app.clock.now());
    query!(app.db, api_keys::list(user, now, MOST_ENDED))
}

/// One of the viewer's own keys; a key sees itself alone.
pub async fn find_key(app: &App, viewer: &Viewer, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let Some(identity) = &viewer.identity else {
        return Ok(None);
    };
    if identity.key().is_some_and(|key| key.id != id) {
        return Ok(None);
    }
    query!(app.db, api_keys::find(id, identity.user_id))
}

/// The key that asks; nothing where it is a person or a stranger.
pub async fn own_key(app: &App, viewer: &Viewer) -> Result<Option<ApiKey>> {
    match viewer.identity.as_ref().and_then(|identity| identity.key()) {
        Some(key) => find_key(app, viewer, key.id).await,
        None => Ok(None),
    }
}

/// Revokes one of the viewer's keys, with the tokens that it got and its open streams.
pub async fn revoke_key(app: &App, viewer: &Viewer, id: ApiKeyId) -> Result<ApiKey> {
    let (identity, _) = viewer.require_session()?;
    let user = identity.user_id;
    let found = query!(app.db, api_keys::find(id, user))?;
    let not_found = || Error::not_found("API key", ["apiKeyId"]);
    let prefix = found.ok_or_else(not_found)?.prefix;
    let entry = Log::audit(viewer, app.clock.now(), "api_key.revoked", id)
        .with(json!({ "prefix": prefix }));
    let key = commit!(app.db, api_keys::revoke(id, user, entry))?.ok_or_else(not_found)?;
    wake_streams(app, user);
    Ok(key)
}
