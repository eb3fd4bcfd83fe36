//! Letters as jobs: what is written, when it is sent, and forgetting mailed tokens.

use std::time::Duration;

use serde_json::{Value, json};

use super::email::{EmailToken, Purpose};
use super::letters::{Errand, JOB, Notice};
use super::{User, tokens, wording};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result};
use crate::jobs::worker::{Kind, Run};
use crate::logs::Log;
use crate::mail::Letter;
use crate::viewer::{Client, Viewer};

/// How long ended tokens are remembered, so that their link says what became of it.
const REMEMBERED_SECONDS: i64 = 7 * 24 * 3600;

/// The job that sends letters.
pub fn kinds(app: &App) -> Vec<Kind> {
    let mailing = app.clone();
    // Longer than the mailer waits, so that what it says about a slow server is kept.
    let patience = app.config.mail.timeout + Duration::from_secs(30);
    vec![Kind::new(JOB, patience, move |run| {
        let app = mailing.clone();
        async move { send(&app, &run).await }
    })]
}

async fn send(app: &App, run: &Run) -> Result<Value> {
    let now = app.clock.now();
    let letter = match run.payload()? {
        Errand::VerifyEmail { user_id } => {
            let user = query!(app.db, accounts::find(user_id))?;
            match user.filter(|user| user.email_verified_at.is_none()) {
                Some(user) => link(app, &user, Purpose::VerifyEmail, None, now).await?,
                None => None,
            }
        }
        Errand::ResetPassword { to, ip, request_id } => {
            let key = to.open(app)?;
            match query!(app.db, emails::find_user(key))? {
                Some(user) => {
                    let asked = Viewer {
                        client: Client {
                            ip,
                            user_agent: None,
                            request_id,
                        },
                        ..Viewer::default()
                    };
                    let attempt = run.job.attempts;
                    let entry = Log::audit(&asked, now, "password.reset_requested", user.id)
                        .with(json!({ "attempt": attempt }));
                    link(app, &user, Purpose::ResetPassword, Some(entry), now).await?
                }
                None => None,
            }
        }
        Errand::Notice { notice, to } => Some(told(app, notice, to.open(app)?)),
    };
    match letter {
        Some(letter) => {
            app.mailer.send(&letter, now).await?;
            Ok(json!({ "sent": true }))
        }
        None => Ok(json!({ "sent": false })),
    }
}

/// A letter with a fresh token, which is stored before it is sent; `None` where it is not needed any more.
async fn link(
    app: &App,
    user: &User,
    purpose: Purpose,
    entry: Option<Log>,
    now: Timestamp,
) -> Result<Option<Letter>> {
    let mail = &app.config.mail;
    let (ttl, template) = match purpose {
        Purpose::VerifyEmail => (mail.verify_ttl, &mail.verify_link),
        Purpose::ResetPassword => (mail.reset_ttl, &mail.reset_link),
    };
    let made = tokens::mailed(purpose)?;
    let stored = EmailToken {
        hash: made.hash,
        user_id: user.id,
        purpose,
        email_key: user.email_key.clone(),
        created_at: now,
        expires_at: now.plus(ttl),
        used_at: None,
    };
    if !commit!(app.db, emails::issue(stored, entry))? {
        return Ok(None);
    }
    let link = template.link(&made.token);
    let to = user.email.clone();
    let site = site(app)?;
    Ok(Some(match purpose {
        Purpose::VerifyEmail => wording::verify_email(to, site, link, ttl),
        Purpose::ResetPassword => wording::reset_password(to, site, link, ttl),
    }))
}

fn told(app: &App, notice: Notice, to: String) -> Letter {
    let site = site(app).unwrap_or("Pluma");
    wording::notice(to, site, notice)
}

/// What people know this server by.
fn site(app: &App) -> Result<&str> {
    let host = app.config.server.public_url.host_str();
    host.ok_or_else(|| Error::internal("the public URL has no host"))
}

/// Forgets mailed tokens and sign-ins that ended long ago; gives how many of each.
pub async fn forget(app: &App) -> Result<(usize, usize)> {
    let now = app.clock.now();
    let before = now.plus_seconds(-REMEMBERED_SECONDS);
    let tokens = commit!(app.db, emails::purge(before))?;
    let sign_ins = commit!(app.db, identities::purge(now))?;
    Ok((tokens, sign_ins))
}
