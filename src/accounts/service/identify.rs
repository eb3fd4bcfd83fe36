//! Knowing who sends a request, by what it shows.

use super::{last_use, refusals};
use crate::accounts::api_key::{self, ApiKey};
use crate::accounts::tokens::{self, Bearer};
use crate::app::App;
use crate::db::query;
use crate::db::types::Timestamp;
use crate::error::{Code, Error, Result};
use crate::id::{ApiKeyId, SessionId, UserId};
use crate::viewer::{Client, Credential, Identity, KeyUse, Role, Scopes, Viewer};

/// The viewer of a request that shows an access token or an API key; nobody where it shows nothing,
/// UNAUTHENTICATED where it is not good.
pub async fn authenticate(app: &App, shown: Option<&str>, client: Client) -> Result<Viewer> {
    let identity = match shown {
        None => None,
        Some(key) if api_key::is_marked(key) => Some(by_shown_key(app, key, &client).await?),
        Some(token) => Some(by_token(app, token, &client).await?),
    };
    Ok(Viewer {
        identity,
        client,
        budget: None,
    })
}

/// The same for a session's token that came as a cookie. The browser sends one whether it is good or not, so a
/// bad one makes the request anonymous: `login` and `refreshSession` have to work.
pub async fn authenticate_cookie(
    app: &App,
    access_token: Option<&str>,
    client: Client,
) -> Result<Viewer> {
    // No browser is ever given a key.
    let shown = access_token.filter(|token| !api_key::is_marked(token));
    match authenticate(app, shown, client.clone()).await {
        Err(Error::Refused {
            code: Code::Unauthenticated,
            ..
        }) => Ok(Viewer {
            client,
            ..Viewer::default()
        }),
        outcome => outcome,
    }
}

/// What of an identity holds now: the account's present name and role, or nothing once the session or the key
/// has ended.
pub async fn renew(app: &App, identity: &Identity) -> Result<Option<Identity>> {
    let user = identity.user_id;
    match &identity.credential {
        Credential::Session(id) => {
            let found = session(app, *id, user).await?;
            Ok(found.map(|(identity, _)| identity))
        }
        Credential::Key(key) => {
            let found = key_in_use(app, key, user).await?;
            Ok(found.map(|found| as_key(found, key.scopes, key.until)))
        }
    }
}

async fn key_in_use(
    app: &App,
    key: &KeyUse,
    user: UserId,
) -> Result<Option<(ApiKey, String, Role)>> {
    let now = app.clock.now();
    if key.until.is_some_and(|until| until <= now) {
        return Ok(None);
    }
    query!(app.db, api_keys::identify_by_id(key.id, user, now))
}

/// The same viewer with the rights of this moment, for another operation of a long connection; UNAUTHENTICATED
/// once the session or the key has ended.
pub async fn renew_viewer(app: &App, viewer: &Viewer) -> Result<Viewer> {
    let mut renewed = viewer.clone();
    if let Some(identity) = &viewer.identity {
        let user = identity.user_id;
        let now = match &identity.credential {
            Credential::Session(id) => session(app, *id, user).await?.map(|(now, note)| {
                note.keep(app, &viewer.client);
                now
            }),
            Credential::Key(key) => key_in_use(app, key, user).await?.map(|found| {
                last_use::note_key(app, &found.0, app.clock.now());
                as_key(found, key.scopes, key.until)
            }),
        };
        renewed.identity = Some(now.ok_or_else(session_ended)?);
    }
    Ok(renewed)
}

async fn by_token(app: &App, token: &str, client: &Client) -> Result<Identity> {
    let claims = tokens::read_access(app, token).await.ok_or_else(|| {
        Error::refused(
            Code::Unauthenticated,
            "The access token is not valid or has expired: refresh the session, or sign in again.",
        )
    })?;
    match claims.bearer {
        Bearer::Session { sid } => {
            let found = session(app, sid, claims.sub).await?;
            let (identity, note) = found.ok_or_else(session_ended)?;
            note.keep(app, client);
            Ok(identity)
        }
        Bearer::Key { client_id, scope } => {
            let scopes = Scopes::parse(&scope).ok_or_else(key_ended)?;
            by_token_of_key(app, client_id, claims.sub, scopes, claims.exp).await
        }
    }
}

/// An API key that is not good is somebody's mistake or attempt: the log says so.
async fn by_shown_key(app: &App, key: &str, client: &Client) -> Result<Identity> {
    let found = by_key(app, key).await;
    if let Err(Error::Refused { .. }) = &found {
        refusals::api_key(app, client).await;
    }
    found
}

async fn by_key(app: &App, key: &str) -> Result<Identity> {
    let hash = api_key::hash_of(key).ok_or_else(key_ended)?;
    let now = app.clock.now();
    let found = query!(app.db, api_keys::identify(hash, now))?.ok_or_else(key_ended)?;
    last_use::note_key(app, &found.0, now);
    let scopes = found.0.scopes;
    Ok(as_key(found, scopes, None))
}

async fn by_token_of_key(
    app: &App,
    id: ApiKeyId,
    user: UserId,
    scopes: Scopes,
    expires: i64,
) -> Result<Identity> {
    let now = app.clock.now();
    let found = query!(app.db, api_keys::identify_by_id(id, user, now))?.ok_or_else(key_ended)?;
    last_use::note_key(app, &found.0, now);
    let until = Timestamp::EPOCH.plus_seconds(expires);
    Ok(as_key(found, scopes, Some(until)))
}

async fn session(
    app: &App,
    id: SessionId,
    user_id: UserId,
) -> Result<Option<(Identity, last_use::OfSession)>> {
    let now = app.clock.now();
    let found = query!(app.db, live_sessions::identify(id, user_id, now))?;
    Ok(found.map(|live| {
        let note = last_use::OfSession::new(id, live.last_seen_at, live.ip, now);
        let identity = Identity {
            user_id,
            username: live.username,
            role: live.role,
            credential: Credential::Session(id),
        };
        (identity, note)
    }))
}

/// A key at work for `scopes` of it.
fn as_key(
    (key, username, role): (ApiKey, String, Role),
    scopes: Scopes,
    until: Option<Timestamp>,
) -> Identity {
    let scopes = key.scopes.and(scopes);
    Identity {
        user_id: key.user_id,
        username,
        role,
        credential: Credential::Key(KeyUse {
            scopes,
            until,
            ..key.at_work()
        }),
    }
}

fn session_ended() -> Error {
    Error::refused(
        Code::Unauthenticated,
        "This session has ended: sign in again.",
    )
}

fn key_ended() -> Error {
    Error::refused(
        Code::Unauthenticated,
        "This API key is not known, has expired, or was revoked.",
    )
}
