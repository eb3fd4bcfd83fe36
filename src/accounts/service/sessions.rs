//! Signing in and out, and knowing who sends a request.

use std::time::Duration;

use super::{SignedIn, new_device, throttle, wake_streams};
use crate::accounts::passwords::Verdict;
use crate::accounts::{Session, names, passwords, tokens};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Code, Error, Result, UserErrorCode};
use crate::id::SessionId;
use crate::logs::Log;
use crate::viewer::{Client, Identity, Viewer};

/// How long a session's end may stay unheard where the call does not arrive: it ended on another replica, or
/// nobody ended it and its time is up.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

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
        let mut entry = Log::audit(viewer, app.clock.now(), "session.refused", "");
        entry.subject_id = known.map(|user| user.to_string());
        commit!(app.db, sessions::refuse(entry))?;
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
        return Err(wrong_credentials());
    }
    SignedIn::new(app, user, session, refresh, now)
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
    let now = app.clock.now();
    let by_token;
    let viewer = if viewer.identity.is_some() {
        viewer
    } else {
        let hash = refresh_token
            .and_then(tokens::refresh_hash)
            .ok_or_else(Error::unauthenticated)?;
        let (user, session) = query!(app.db, sessions::find_by_token(hash))?
            .filter(|(_, session)| session.is_live(now))
            .ok_or_else(Error::unauthenticated)?;
        by_token = user.acting(session.id, viewer.client.clone());
        &by_token
    };
    let identity = viewer.require()?;
    let entry = Log::audit(viewer, now, "session.ended", identity.session_id);
    let session = commit!(app.db, sessions::end(identity.session_id, entry))?
        .ok_or_else(Error::unauthenticated)?;
    wake_streams(app, session.user_id);
    Ok(session)
}

/// One of the viewer's own sessions, if it is live, and whether this request belongs to it.
pub async fn find_own(
    app: &App,
    viewer: &Viewer,
    id: SessionId,
) -> Result<Option<(Session, bool)>> {
    let Some(identity) = &viewer.identity else {
        return Ok(None);
    };
    let now = app.clock.now();
    let session = query!(app.db, sessions::find(id, identity.user_id, now))?;
    Ok(session.map(|session| {
        let current = session.id == identity.session_id;
        (session, current)
    }))
}

/// The viewer of a request with this access token (`Authorization: Bearer`); nobody where there is none,
/// UNAUTHENTICATED where it is not good.
pub async fn authenticate(app: &App, access_token: Option<&str>, client: Client) -> Result<Viewer> {
    let Some(token) = access_token else {
        return Ok(Viewer {
            identity: None,
            client,
            budget: None,
        });
    };
    let claims = tokens::read_access(app, token).ok_or_else(|| {
        Error::refused(
            Code::Unauthenticated,
            "The access token is not valid or has expired: refresh the session, or sign in again.",
        )
    })?;
    let now = app.clock.now();
    let (username, role) = query!(app.db, sessions::identify(claims.sid, claims.sub, now))?
        .ok_or_else(|| {
            Error::refused(
                Code::Unauthenticated,
                "This session has ended: sign in again.",
            )
        })?;
    Ok(Viewer {
        identity: Some(Identity {
            user_id: claims.sub,
            username,
            role,
            session_id: claims.sid,
        }),
        client,
        budget: None,
    })
}

/// The same for a token that came as a cookie. The browser sends one whether it is good or not, so a bad one
/// makes the request anonymous: `login` and `refreshSession` have to work.
pub async fn authenticate_cookie(
    app: &App,
    access_token: Option<&str>,
    client: Client,
) -> Result<Viewer> {
    match authenticate(app, access_token, client.clone()).await {
        Err(Error::Refused {
            code: Code::Unauthenticated,
            ..
        }) => Ok(Viewer {
            identity: None,
            client,
            budget: None,
        }),
        outcome => outcome,
    }
}

/// What of an identity holds now: the account's present name and role, or nothing once the session has ended.
pub async fn renew(app: &App, identity: &Identity) -> Result<Option<Identity>> {
    let (session_id, user_id) = (identity.session_id, identity.user_id);
    let now = app.clock.now();
    let found = query!(app.db, sessions::identify(session_id, user_id, now))?;
    Ok(found.map(|(username, role)| Identity {
        username,
        role,
        ..identity.clone()
    }))
}

/// Waits until the session ends, or what its account may do changes.
pub async fn session_ended(app: App, identity: Identity) {
    // Listening before the first look: an end in between is not missed.
    let mut calls = app.events.listen(identity.user_id.0);
    loop {
        match renew(&app, &identity).await {
            Ok(Some(now)) if now.role == identity.role => {}
            Ok(_) => return,
            // Streams outlive a database that is away for a moment.
            Err(error) => tracing::warn!(%error, "a session could not be looked up"),
        }
        calls.heard(LOOK_AGAIN).await;
    }
}
