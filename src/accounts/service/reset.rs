//! Another password for who has lost theirs, by a mailed link.

use super::email::{no_mail, unknown, unless_void};
use super::{SignedIn, new_device, wake_streams};
use crate::accounts::email::{PasswordReset, Purpose, Spent};
use crate::accounts::letters::{self, Notice};
use crate::accounts::{names, passwords, tokens};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::Result;
use crate::jobs;
use crate::logs::Log;
use crate::validate::{Checks, fold};
use crate::viewer::Viewer;

/// Mails a link to `email` if there is an account with it. Whether there is one only the job finds out, so
/// that neither the answer nor its time tells; nor does it tell whether the budget for mail was used up.
pub async fn request_password_reset(app: &App, viewer: &Viewer, email: &str) -> Result<()> {
    let mut checks = Checks::new();
    let key = fold(&names::email(&mut checks, ["email"], email));
    checks.done()?;
    if !app.mailer.is_on() {
        return Err(no_mail(["email"]));
    }
    if letters::may_mail_stranger(app, &key, &viewer.client).await {
        let letter = letters::reset(app, &key, &viewer.client, app.clock.now())?;
        commit!(app.db, emails::request(letter, None))?;
        app.events.wake(jobs::topic());
    }
    Ok(())
}

/// Sets another password by the token of a mailed link, ends every session of the account, and signs in.
pub async fn reset_password(
    app: &App,
    viewer: &Viewer,
    token: &str,
    new: &str,
) -> Result<SignedIn> {
    let hash = tokens::mailed_hash(Purpose::ResetPassword, token).ok_or_else(unknown)?;
    let found = query!(app.db, emails::find(hash.clone()))?;
    let (token, user) = found
        .filter(|(token, _)| token.purpose == Purpose::ResetPassword)
        .ok_or_else(unknown)?;
    let now = app.clock.now();
    // Hashing is dear: a token that is not good gets none.
    if token.used_at.is_some() {
        unless_void(Spent::Before)?;
    }
    if token.expires_at <= now {
        unless_void(Spent::TooLate)?;
    }
    let mut checks = Checks::new();
    let names = [user.username.as_str(), user.email.as_str()];
    let new = passwords::check(&mut checks, ["newPassword"], new, &names);
    checks.done()?;
    let password_hash = passwords::hash(app, new).await?;

    let (session, refresh_token, refresh) = new_device(app, user.id, &viewer.client, now)?;
    let acting = user.acting(session.id, viewer.client.clone());
    let told = letters::notice(app, Notice::PasswordChanged, user.id, &user.email, now);
    let reset = PasswordReset {
        token: hash,
        user_id: user.id,
        password_hash,
        device: (session.clone(), refresh_token),
        entries: vec![
            Log::audit(&acting, now, "password.reset", user.id),
            Log::audit(&acting, now, "session.started", session.id),
        ],
        letters: told.await?.into_iter().collect(),
        now,
    };
    let user = unless_void(commit!(app.db, emails::reset(reset))?)?;
    wake_streams(app, user.id);
    app.events.wake(jobs::topic());
    SignedIn::new(app, user, session, refresh, now).await
}
