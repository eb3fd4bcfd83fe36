//! Exchanging a refresh token for the next pair.

use super::{SignedIn, wake_streams};
use crate::accounts::tokens::{self, Random};
use crate::accounts::{Rotated, Rotation};
use crate::app::App;
use crate::db::commit;
use crate::error::{Error, Result, UserErrorCode};
use crate::viewer::Viewer;

/// Seconds within which a second use is taken for a second tab, not for a theft.
const GRACE_SECONDS: i64 = 10;

/// Exchanges `token` for the next pair. Used again after ten seconds it ends its whole family: either its
/// owner or a thief holds the successor, and nobody can tell which.
pub async fn refresh(app: &App, viewer: &Viewer, token: Option<&str>) -> Result<SignedIn> {
    let path = ["refreshToken"];
    let shown = token.and_then(tokens::refresh_hash).ok_or_else(|| {
        Error::user(
            UserErrorCode::WrongCredentials,
            path,
            "This is not a refresh token: pass the last one that you got, or send its cookie.",
        )
    })?;
    let now = app.clock.now();
    let ttl = app.config.accounts.session_ttl;
    let Random { token, hash } = tokens::refresh()?;
    let rotation = Rotation {
        shown,
        next: hash,
        now,
        reusable_since: now.plus_seconds(-GRACE_SECONDS),
        expires_at: now.plus(ttl),
        forget_before: now.plus_seconds(-i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX)),
        client: viewer.client.clone(),
    };
    match commit!(app.db, sessions::rotate(rotation))? {
        Rotated::Fresh(found) => {
            let (user, session) = *found;
            SignedIn::new(app, user, session, token, now).await
        }
        Rotated::Reused(user) => {
            wake_streams(app, user);
            Err(Error::user(
                UserErrorCode::Reused,
                path,
                "This refresh token was used before, so the session has been ended: sign in again.",
            ))
        }
        Rotated::Ended => Err(Error::user(
            UserErrorCode::Expired,
            path,
            "This session has ended: sign in again.",
        )),
        Rotated::Unknown => Err(Error::user(
            UserErrorCode::WrongCredentials,
            path,
            "This refresh token is not known: sign in again.",
        )),
    }
}
