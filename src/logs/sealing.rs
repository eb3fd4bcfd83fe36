//! What happens to the log by itself: entries get their place, AUDIT ones are sealed, and old ones go.
//!
//! Sealing is a loop of the process that runs jobs, not a job of the queue: twice a second, a job would cost
//! more rows than the log has. The chain's row is its lock, so that any number of processes may run it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::chain::ChainKey;
use super::{Log, TOPIC};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::Result;
use crate::jobs::worker::{Kind, Schedule};
use crate::viewer::Viewer;

/// How often the log is looked at.
const EVERY: Duration = Duration::from_millis(400);
/// How many entries are sealed in one transaction.
const BATCH: i64 = 500;
/// How many looks are left out after one that failed.
const PAUSE: u32 = 10;
/// How many entries retention removes in one transaction.
const TRIMMED: i64 = 2_000;

const TRIM: &str = "logs.trim";

/// Seals entries until the application stops, and once more then.
pub async fn run(app: &App) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        let stopped = tokio::select! {
            () = app.shutdown.cancelled() => true,
            _ = ticks.tick() => false,
        };
        match seal(app).await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                tracing::warn!(%error, "the log could not be sealed; it is tried again");
                failing = true;
            }
            Err(_) => {}
        }
        if stopped {
            return;
        }
        if failing {
            for _ in 0..PAUSE {
                ticks.tick().await;
            }
        }
    }
}

/// Gives every waiting entry its place.
pub async fn seal(app: &App) -> Result<()> {
    if !query!(app.db, chain::is_waiting())? {
        return Ok(());
    }
    let key = ChainKey::of(&app.config.secret)?;
    loop {
        let (key, now) = (key.clone(), app.clock.now());
        let sealed = commit!(app.db, chain::seal(key, now, BATCH))?;
        app.events.wake(TOPIC);
        if i64::try_from(sealed).unwrap_or(i64::MAX) < BATCH {
            return Ok(());
        }
    }
}

/// The kinds of jobs that the log brings.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(TRIM, Duration::from_secs(3_600), move |_| {
        let app = app.clone();
        async move { trim(&app).await }
    })]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: TRIM,
        every: Duration::from_secs(3_600),
    }]
}

/// Removes what is older than the configuration wants it kept; the log says so.
pub async fn trim(app: &App) -> Result<Value> {
    let retention = app.config.audit.retention;
    if retention.is_zero() {
        return Ok(json!({ "removed": 0 }));
    }
    let now = app.clock.now();
    let seconds = i64::try_from(retention.as_secs()).unwrap_or(i64::MAX);
    let before = now.plus_seconds(-seconds);
    let key = ChainKey::of(&app.config.secret)?;
    let mut removed = 0;
    loop {
        let gone = commit!(app.db, chain::trim(key.clone(), before, TRIMMED))?;
        removed += gone;
        if gone == 0 {
            break;
        }
    }
    if removed > 0 {
        let entry = Log::audit(&Viewer::default(), now, "audit.trimmed", "audit")
            .with(json!({ "removed": removed, "before": before }));
        commit!(app.db, logs::create(entry))?;
    }
    Ok(json!({ "removed": removed }))
}
