//! Showing that an address is the account's.

use super::gone;
use crate::accounts::email::{Purpose, Spent};
use crate::accounts::{User, letters, tokens};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::jobs;
use crate::logs::Log;
use crate::viewer::Viewer;

/// Mails the viewer a link that verifies their address; nothing where it is verified already.
pub async fn request_email_verification(app: &App, viewer: &Viewer) -> Result<User> {
    let identity = viewer.require()?;
    let user = query!(app.db, accounts::find(identity.user_id))?.ok_or_else(gone)?;
    if user.email_verified_at.is_some() {
        return Ok(user);
    }
    if !app.mailer.is_on() {
        return Err(no_mail([]));
    }
    let balance = letters::may_mail(app, &user.email_key, user.id).await;
    if !balance.allowed {
        let retry_after_seconds = balance.retry_after.as_secs() + 1;
        return Err(Error::Limited {
            retry_after_seconds,
        });
    }
    let now = app.clock.now();
    let letter = letters::verification(user.id, now)?;
    let entry = Log::audit(viewer, now, "email.verification_requested", user.id);
    commit!(app.db, emails::request(letter, Some(entry)))?;
    app.events.wake(jobs::topic());
    Ok(user)
}

/// Verifies the address that `token` was mailed to. Who has the token need not be signed in.
pub async fn verify_email(app: &App, viewer: &Viewer, token: &str) -> Result<User> {
    let hash = tokens::mailed_hash(Purpose::VerifyEmail, token).ok_or_else(unknown)?;
    let found = query!(app.db, emails::find(hash.clone()))?;
    let (token, _) = found
        .filter(|(token, _)| token.purpose == Purpose::VerifyEmail)
        .ok_or_else(unknown)?;
    let now = app.clock.now();
    let entry = Log::audit(viewer, now, "email.verified", token.user_id);
    let spent = commit!(app.db, emails::verify(hash, token.user_id, now, entry))?;
    unless_void(spent)
}

/// The account, where the token was good.
pub(super) fn unless_void(spent: Spent) -> Result<User> {
    match spent {
        Spent::Now(user) => Ok(*user),
        Spent::Before => Err(Error::user(
            UserErrorCode::Reused,
            ["token"],
            "This link was used before. It works once: ask for another one if you need it.",
        )),
        Spent::TooLate => Err(Error::user(
            UserErrorCode::Expired,
            ["token"],
            "This link is no longer good: ask for another one.",
        )),
    }
}

/// No such token was ever mailed.
pub(super) fn unknown() -> Error {
    Error::user(
        UserErrorCode::Invalid,
        ["token"],
        "This is not a token that was mailed: take all of the link, or ask for another one.",
    )
}

/// What is said where the operator has configured no mail server.
pub(super) fn no_mail<const N: usize>(path: [&str; N]) -> Error {
    Error::user(
        UserErrorCode::Forbidden,
        path,
        "This server sends no e-mail: ask an administrator for help.",
    )
}
