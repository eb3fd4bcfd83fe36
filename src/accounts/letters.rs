//! What accounts are mailed: which letters there are, who may cause them how often, and what they say.
//!
//! A letter is a job, written with what caused it. Its payload names an account, or holds an address sealed
//! under the configured secret. Tokens are made by the job as it sends them, each attempt another one, so
//! that none lies in the jobs table and only the last link that arrived works.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{User, UserChanges};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::jobs::NewJob;
use crate::limiter::{Balance, Quota};
use crate::seal::Key;
use crate::viewer::Client;

/// The kind of every letter's job.
pub const JOB: &str = "accounts.mail";
/// With the pauses between them about an hour and a half; a reset's link would not be good for longer.
const ATTEMPTS: i32 = 14;
/// What a client may cause for different addresses, as a multiple of what one address may get.
const ADDRESSES_PER_CLIENT: u32 = 4;
/// Notices of changes have a budget of their own, which asking for links cannot use up.
const NOTICES_PER_HOUR: u32 = 20;
const HOUR: Duration = Duration::from_secs(3600);

/// A letter as its job carries it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Errand {
    /// The link that verifies the account's address.
    VerifyEmail {
        /// Whose.
        user_id: UserId,
    },
    /// The link that resets the password of the account with this address, if there is one.
    ResetPassword {
        /// What somebody typed.
        to: Sealed,
        /// Where from.
        ip: Option<IpAddr>,
        /// With which request.
        request_id: Option<String>,
    },
    /// That something has changed.
    Notice {
        /// What.
        notice: Notice,
        /// Where the owner reads it.
        to: Sealed,
    },
}

/// Changes that the owner of an account should hear of, whoever made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The account has another address; told at the old one.
    EmailChanged,
    /// The account has another password.
    PasswordChanged,
    /// Another way to sign in was linked.
    IdentityLinked,
}

const ADDRESS: &[u8] = b"mail addresses";

/// An address that the jobs table does not show.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sealed(String);

impl Sealed {
    fn new(app: &App, address: &str) -> Result<Self> {
        let sealed = Key::derive(&app.config.secret, &[ADDRESS])?.seal(address.as_bytes())?;
        Ok(Self(STANDARD_NO_PAD.encode(sealed)))
    }

    /// The address.
    pub fn open(&self, app: &App) -> Result<String> {
        let sealed = STANDARD_NO_PAD.decode(&self.0).ok();
        let key = Key::derive(&app.config.secret, &[ADDRESS])?;
        let opened = sealed.and_then(|sealed| key.open(&sealed));
        opened
            .and_then(|address| String::from_utf8(address).ok())
            .ok_or_else(|| Error::internal("a letter was sealed under another PLUMA_SECRET"))
    }
}

/// Without an owner: whoever changes an account holds its row and replaces the letter that waits, while the
/// end of that letter would hold its own row and look at the owner's, which on PostgreSQL is a deadlock.
fn job(errand: &Errand, now: Timestamp) -> Result<NewJob> {
    let payload = serde_json::to_value(errand).map_err(Error::caused_by)?;
    Ok(NewJob::new(JOB, payload, now).max_attempts(ATTEMPTS))
}

/// The job of the letter that verifies an account's address.
pub fn verification(user: UserId, now: Timestamp) -> Result<NewJob> {
    let job = job(&Errand::VerifyEmail { user_id: user }, now)?;
    Ok(job.unique(format!("{JOB}:verify:{user}")).about(user))
}

/// The job of the letter that resets the password behind an address, whether or not there is an account.
pub fn reset(app: &App, email_key: &str, client: &Client, now: Timestamp) -> Result<NewJob> {
    let errand = Errand::ResetPassword {
        to: Sealed::new(app, email_key)?,
        ip: client.ip,
        request_id: client.request_id.clone(),
    };
    job(&errand, now)
}

/// The jobs that tell an address of a change: one, or none where it has had too many.
pub async fn notice(
    app: &App,
    notice: Notice,
    user: UserId,
    address: &str,
    now: Timestamp,
) -> Result<Option<NewJob>> {
    let quota = hourly(NOTICES_PER_HOUR);
    let budget = format!("mail:notice:{user}");
    if !app.mailer.is_on() || !app.limiter.charge(&budget, quota, 1).await.allowed {
        return Ok(None);
    }
    let to = Sealed::new(app, address)?;
    let job = job(&Errand::Notice { notice, to }, now)?;
    Ok(Some(job.about(user)))
}

/// What follows from a changed account: a link to the new address, and notices.
pub async fn after_change(
    app: &App,
    before: &User,
    changes: &UserChanges,
    another_password: bool,
    now: Timestamp,
) -> Result<Vec<NewJob>> {
    let mut letters = Vec::new();
    if let (Some(email), Some(key)) = (&changes.email, &changes.email_key) {
        letters.extend(first_verification(app, before.id, key, now).await?);
        if before.email != *email {
            let told = notice(app, Notice::EmailChanged, before.id, &before.email, now);
            letters.extend(told.await?);
        }
    }
    if another_password {
        let told = notice(app, Notice::PasswordChanged, before.id, &before.email, now);
        letters.extend(told.await?);
    }
    Ok(letters)
}

/// The link that an address gets without having been asked for: none where it has had too many.
pub async fn first_verification(
    app: &App,
    user: UserId,
    email_key: &str,
    now: Timestamp,
) -> Result<Option<NewJob>> {
    if !app.mailer.is_on() || !may_mail(app, email_key, user).await.allowed {
        return Ok(None);
    }
    verification(user, now).map(Some)
}

/// Charges one letter to the budgets of an address and of the account that causes it.
pub async fn may_mail(app: &App, email_key: &str, user: UserId) -> Balance {
    let quota = hourly(app.config.mail.hourly);
    let by_account = format!("mail:of:{user}");
    let balance = app.limiter.charge(&by_account, quota, 1).await;
    if !balance.allowed {
        return balance;
    }
    let balance = app.limiter.charge(&to(email_key), quota, 1).await;
    if !balance.allowed {
        app.limiter.refund(&by_account, quota, 1).await;
    }
    balance
}

/// Charges one letter to the budgets of an address and of the client that causes it; gives whether it may.
pub async fn may_mail_stranger(app: &App, email_key: &str, client: &Client) -> bool {
    let hour = app.config.mail.hourly;
    let from = client.ip.map(|ip| ip.to_string()).unwrap_or_default();
    let from = format!("mail:from:{from}");
    let many = hourly(hour.saturating_mul(ADDRESSES_PER_CLIENT));
    app.limiter.charge(&from, many, 1).await.allowed
        && app
            .limiter
            .charge(&to(email_key), hourly(hour), 1)
            .await
            .allowed
}

fn hourly(capacity: u32) -> Quota {
    Quota {
        capacity,
        period: HOUR,
    }
}

/// The budget of an address, which does not name it: budgets may live outside of the database.
fn to(email_key: &str) -> String {
    let hash = digest(&SHA256, email_key.as_bytes());
    format!("mail:to:{}", hex::encode(hash.as_ref()))
}
