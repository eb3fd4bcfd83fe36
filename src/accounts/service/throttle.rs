//! Slows the guessing of passwords, per account and per address, and never locks an owner out.
//!
//! An attempt is charged before the password is looked at and given back when it was right, so that guesses in
//! parallel gain nothing. Whoever shows that they have signed in to the account before (by the device's cookie,
//! or an address it had a session at) has a budget of their own, which nobody else can use up.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use crate::accounts::devices;
use crate::app::App;
use crate::db::query;
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};
use crate::limiter::Quota;
use crate::viewer::{Viewer, network};

/// How long an empty budget takes to be full again.
const PERIOD: Duration = Duration::from_secs(15 * 60);
/// For so many days after it was last used, a session makes its address known.
const KNOWN_DAYS: i64 = 30;

/// An attempt that may be made.
#[must_use]
pub struct Attempt(Vec<(String, Quota)>);

/// Charges an attempt to sign in with what was typed as the name; `user` is the account that it names, if any.
/// An account that does not exist is charged, and takes as long, as one that does.
pub async fn sign_in(
    app: &App,
    viewer: &Viewer,
    typed: &str,
    user: Option<UserId>,
    device: Option<&str>,
) -> Result<Attempt> {
    let config = &app.config.accounts;
    let own = quota(config.login_attempts);
    let now = app.clock.now();
    let known = match (user, device) {
        (Some(user), Some(cookie)) => devices::recognise(&app.config.secret, user, cookie, now),
        _ => None,
    };
    if let Some(device) = known {
        return charge(app, vec![(format!("password:device:{device}"), own)]).await;
    }
    let account = hex::encode(digest(&SHA256, typed.as_bytes()));
    let at = viewer.client.ip.map(network);
    let nobody = UserId(uuid::Uuid::nil());
    let since = now.plus_seconds(-KNOWN_DAYS * 86_400);
    let addresses = query!(
        app.db,
        live_sessions::addresses(user.unwrap_or(nobody), since)
    )?;
    let is_known = at.is_some_and(|at| {
        let mut addresses = addresses.iter().filter_map(|address| address.parse().ok());
        addresses.any(|address| network(address) == at)
    });
    let mut budgets = Vec::new();
    if let Some(at) = at {
        let all = quota(config.login_address_attempts);
        budgets.push((format!("password:address:{at}"), all));
    }
    budgets.push(match at.filter(|_| is_known) {
        Some(at) => (format!("password:account:{account}:{at}"), own),
        None => (format!("password:account:{account}"), own),
    });
    charge(app, budgets).await
}

/// Charges an attempt to show the present password again: a stolen session is no way to guess it.
pub async fn confirmation(app: &App, session: SessionId) -> Result<Attempt> {
    let own = quota(app.config.accounts.login_attempts);
    charge(app, vec![(format!("password:session:{session}"), own)]).await
}

fn quota(capacity: u32) -> Quota {
    Quota {
        capacity,
        period: PERIOD,
    }
}

async fn charge(app: &App, budgets: Vec<(String, Quota)>) -> Result<Attempt> {
    let mut taken = Attempt(Vec::new());
    for (key, quota) in budgets {
        let balance = app.limiter.charge(&key, quota, 1).await;
        if !balance.allowed {
            taken.forgive(app).await;
            let seconds = balance.retry_after.as_secs_f64().ceil() as u64;
            return Err(Error::Limited {
                retry_after_seconds: seconds.max(1),
            });
        }
        taken.0.push((key, quota));
    }
    Ok(taken)
}

impl Attempt {
    /// Gives it back: the password was right, or was never looked at.
    pub async fn forgive(self, app: &App) {
        for (key, quota) in &self.0 {
            app.limiter.refund(key, *quota, 1).await;
        }
    }
}
