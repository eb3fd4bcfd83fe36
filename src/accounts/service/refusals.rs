//! Writing to the log what was refused: failed sign-ins, wrong passwords, and what somebody may not do.
//!
//! Whoever is refused can ask again as often as they like, so rows are rationed: one a minute for each kind,
//! account and address, and sixty a minute for each kind on the whole. What goes beyond is counted only
//! (`pluma_refusals_total`).

use std::fmt::Display;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;

use crate::accounts::names;
use crate::app::App;
use crate::db::commit;
use crate::id::UserId;
use crate::limiter::Quota;
use crate::logs::Log;
use crate::viewer::{Client, Viewer};

/// Of each kind, for each account and address.
const EACH: Quota = Quota {
    capacity: 1,
    period: Duration::from_secs(60),
};
/// Of each kind, for everybody together.
const ALL: Quota = Quota {
    capacity: 60,
    period: Duration::from_secs(60),
};

/// Somebody did not get in as `login`; `account` is whose name that is, if anybody's. The name itself is not
/// written: people type their passwords there.
pub(super) async fn sign_in(app: &App, viewer: &Viewer, login: &str, account: Option<UserId>) {
    // By what was typed, known or not: how long an answer takes must not tell which accounts there are.
    let key = names::lookup_key(login).unwrap_or_default();
    let subject = account.map_or_else(|| "unknown".to_owned(), |account| account.to_string());
    let viewer = Viewer {
        client: viewer.client.clone(),
        ..Viewer::default()
    };
    let entry = Log::audit(&viewer, app.clock.now(), "session.refused", subject);
    let whom = hex::encode(digest(&SHA256, key.as_bytes()));
    write(app, &viewer.client, entry, whom).await;
}

/// A password that was to confirm something was wrong.
pub(super) async fn password(app: &App, viewer: &Viewer, account: UserId) {
    let entry = Log::audit(viewer, app.clock.now(), "password.refused", account);
    write(app, &viewer.client, entry, account).await;
}

/// An API key was not good, by itself or in exchange for a token.
pub(super) async fn api_key(app: &App, client: &Client) {
    let viewer = Viewer {
        client: client.clone(),
        ..Viewer::default()
    };
    let entry = Log::audit(&viewer, app.clock.now(), "api_key.refused", "unknown");
    write(app, client, entry, "").await;
}

/// Somebody who is signed in, or a key, was told that it may not do what it asked for.
pub async fn forbidden(app: &App, viewer: &Viewer, why: &str) {
    let Some(identity) = &viewer.identity else {
        return;
    };
    let user = identity.user_id;
    let entry = Log::audit(viewer, app.clock.now(), "request.refused", user)
        .with(json!({ "message": why }));
    write(app, &viewer.client, entry, user).await;
}

async fn write(app: &App, client: &Client, entry: Log, whom: impl Display) {
    let kind = entry.action.clone();
    metrics::counter!("pluma_refusals_total", "kind" => kind.clone()).increment(1);
    let address = client.ip.map(|ip| ip.to_string()).unwrap_or_default();
    let each = format!("log:{kind}:{whom}:{address}");
    if !app.limiter.charge(&each, EACH, 1).await.allowed
        || !app
            .limiter
            .charge(&format!("log:{kind}"), ALL, 1)
            .await
            .allowed
    {
        return;
    }
    if let Err(error) = commit!(app.db, logs::note(entry)) {
        tracing::warn!(%error, kind, "a refusal was not written to the log");
    }
}
