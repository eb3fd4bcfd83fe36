//! Forgets what models answered longer ago than the configuration wants it kept.

use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::db::commit;
use crate::error::Result;
use crate::jobs::worker::{Kind, Schedule};

const KIND: &str = "classifications.trim";
/// How many answers go in one transaction.
const BATCH: i64 = 500;

/// The kinds of jobs that forget answers.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(KIND, Duration::from_secs(3_600), move |run| {
        let app = app.clone();
        async move {
            let mut removed = 0;
            while !run.cancelled().is_cancelled() {
                match trim(&app).await? {
                    0 => break,
                    batch => removed += batch,
                }
            }
            Ok(json!({ "removed": removed }))
        }
    })]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: KIND,
        every: Duration::from_secs(3_600),
    }]
}

/// Forgets some of them; gives how many.
pub async fn trim(app: &App) -> Result<usize> {
    let retention = app.config.predictions.classification_retention;
    if retention.is_zero() {
        return Ok(0);
    }
    let seconds = i64::try_from(retention.as_secs()).unwrap_or(i64::MAX);
    let before = app.clock.now().plus_seconds(-seconds);
    commit!(app.db, classifications::delete_old(before, BATCH))
}
