//! Signing in and out, and the devices that somebody is signed in on.

use std::borrow::Cow;

use super::{SignedIn, new_device, refusals, throttle, wake_streams};
use crate::accounts::passwords::Verdict;
use crate::accounts::{Session, names, passwords, tokens};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::SessionId;
use crate::logs::Log;
use crate::viewer::Viewer;

/// Signs somebody in by username or e-mail and password. What was wrong of the two, nobody is told.
///
/// `device` is the cookie of a device that knows the account, if it does.
pub async fn login(
    app: &App,
    viewer: &Viewer,
    login: &str,
    password: &str,
    device: Option<&str>,
) -> Result<SignedIn> {
    let key = names::lookup_key(login);
    let found = match key.clone() {
        Some(key) => query!(app.db, accounts::find_by_login(key))?,
        None => None,
    };
    let known = found.as_ref().map(|(user, _)| user.id);
    let typed = key.unwrap_or_default();
    let attempt = throttle::sign_in(app, viewer, &typed, known, device).await?;
    let (user, hash) = found.map_or((None, None), |(user, hash)| (Some(user), hash));
    let verdict = match passwords::verify(app, password, hash.clone()).await {
        Ok(verdict) => verdict,
        Err(error) => {
            attempt.forgive(app).await;
            return Err(error);
        }
    };
    let (Some(user), Some(hash), Verdict::Right | Verdict::Outdated) = (user, hash, verdict) else {
        refusals::sign_in(app, viewer, login, known).await;
        return Err(wrong_credentials());
    };
    attempt.forgive(app).await;
    let rehashed = match verdict {
        Verdict::Outdated => Some(passwords::rehash(app, password).await?),
        _ => None,
    };
    let now = app.clock.now();
    let (session, token, refresh) = new_device(app, user.id, &viewer.client, now)?;
    let acting = user.acting(session.id, viewer.client.clone());
    let entry = Log::audit(&acting, now, "session.started", session.id);
    let device = (session.clone(), token);
    if !commit!(app.db, accounts::sign_in(hash, rehashed, device, entry))? {
        // The password was changed, or the account removed, since it was read.
        refusals::sign_in(app, viewer, login, known).await;
        return Err(wrong_credentials());
    }
    SignedIn::new(app, user, session, refresh, now).await
}

fn wrong_credentials() -> Error {
    Error::user(
        UserErrorCode::WrongCredentials,
        ["input"],
        "There is no account with this name or e-mail and this password.",
    )
}

/// Ends the viewer's session, or, where the access token has expired, the one that `refresh_token` belongs to.
pub async fn logout(app: &App, viewer: &Viewer, refresh_token: Option<&str>) -> Result<Session> {
    let viewer = signed_in(app, viewer, refresh_token).await?;
    let (_, session) = viewer.require_session()?;
    let entry = Log::audit(&viewer, app.clock.now(), "session.ended", session);
    let session =
        commit!(app.db, sessions::end(session, entry))?.ok_or_else(Error::unauthenticated)?;
    wake_streams(app, session.user_id);
    Ok(session)
}

/// Ends every session of the viewer, this one included; who it is, is known as in [`logout`].
pub async fn logout_everywhere(
    app: &App,
    viewer: &Viewer,
    refresh_token: Option<&str>,
) -> Result<Vec<(Session, bool)>> {
    let viewer = signed_in(app, viewer, refresh_token).await?;
    let (identity, own) = viewer.require_session()?;
    let user = identity.user_id;
    let entry = Log::audit(&viewer, app.clock.now(), "session.ended_everywhere", user);
    let ended = commit!(app.db, sessions::end_everywhere(user, entry))?;
    wake_streams(app, user);
    Ok(marked(ended, own))
}

fn marked(sessions: Vec<Session>, own: SessionId) -> Vec<(Session, bool)> {
    let mark = |session: Session| {
        let current = session.id == own;
        (session, current)
    };
    sessions.into_iter().map(mark).collect()
}

/// The viewer, or, where nobody is signed in, whose live session the refresh token belongs to.
async fn signed_in<'a>(
    app: &App,
    viewer: &'a Viewer,
    refresh_token: Option<&str>,
) -> Result<Cow<'a, Viewer>> {
    if viewer.identity.is_some() {
        return Ok(Cow::Borrowed(viewer));
    }
    let hash = refresh_token
        .and_then(tokens::refresh_hash)
        .ok_or_else(Error::unauthenticated)?;
    let now = app.clock.now();
    let (user, session) = query!(app.db, sessions::find_by_token(hash))?
        .filter(|(_, session)| session.is_live(now))
        .ok_or_else(Error::unauthenticated)?;
    Ok(Cow::Owned(user.acting(session.id, viewer.client.clone())))
}

/// The viewer's live sessions, at most a hundred, and which of them this request belongs to; the one that was
/// used last comes first.
pub async fn list_own(app: &App, viewer: &Viewer) -> Result<Vec<(Session, bool)>> {
    let (identity, own) = viewer.require_session()?;
    let now = app.clock.now();
    let sessions = query!(app.db, sessions::list(identity.user_id, now))?;
    Ok(marked(sessions, own))
}

/// Ends one of the viewer's own sessions; gives whether it was this one.
pub async fn revoke_session(app: &App, viewer: &Viewer, id: SessionId) -> Result<(Session, bool)> {
    let (identity, own) = viewer.require_session()?;
    let user = identity.user_id;
    let entry = Log::audit(viewer, app.clock.now(), "session.ended", id);
    let session = commit!(app.db, sessions::end_own(id, user, entry))?
        .ok_or_else(|| Error::not_found("session", ["sessionId"]))?;
    wake_streams(app, user);
    let current = session.id == own;
    Ok((session, current))
}

/// One of the viewer's own sessions, if it is live, and whether this request belongs to it.
pub async fn find_own(
    app: &App,
    viewer: &Viewer,
    id: SessionId,
) -> Result<Option<(Session, bool)>> {
    let Ok((identity, own)) = viewer.require_session() else {
        return Ok(None);
    };
    let now = app.clock.now();
    let session = query!(app.db, sessions::find(id, identity.user_id, now))?;
    Ok(session.map(|session| {
        let current = session.id == own;
        (session, current)
    }))
}
