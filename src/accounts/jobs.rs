//! Work on accounts that happens by itself: letters, and removing what ended long ago.

use std::time::Duration;

use serde_json::{Value, json};

use super::mailing;
use crate::app::App;
use crate::db::commit;
use crate::error::Result;
use crate::jobs::worker::{Kind, Schedule};

const PURGE_JOB: &str = "accounts.purge";
/// How long sessions and API keys are kept after their end.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;
/// Rows that go at once; a transaction that removes many holds up the others.
const STEP: i64 = 1_000;
/// Steps of one run; the next one goes on from there.
const STEPS: usize = 1_000;

/// The kinds of jobs that accounts bring.
pub fn kinds(app: &App) -> Vec<Kind> {
    let purging = app.clone();
    let mut kinds = mailing::kinds(app);
    kinds.push(Kind::new(PURGE_JOB, Duration::from_secs(600), move |_| {
        let app = purging.clone();
        async move { purge(&app).await }
    }));
    kinds
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: PURGE_JOB,
        every: Duration::from_secs(3_600),
    }]
}

/// Removes sessions, API keys and signing keys that ended a month ago.
pub async fn purge(app: &App) -> Result<Value> {
    let before = app.clock.now().plus_seconds(-KEPT_SECONDS);
    let (mut sessions, mut keys) = (0, 0);
    for _ in 0..STEPS {
        let some = commit!(app.db, sessions::purge(before, STEP))?;
        let more = commit!(app.db, api_keys::purge(before, STEP))?;
        if some + more == 0 {
            break;
        }
        sessions += some;
        keys += more;
    }
    let (tokens, sign_ins) = mailing::forget(app).await?;
    let signing_keys = app.keyring.forget().await?;
    Ok(json!({
        "sessions": sessions,
        "apiKeys": keys,
        "signingKeys": signing_keys,
        "emailTokens": tokens,
        "signIns": sign_ins,
    }))
}
