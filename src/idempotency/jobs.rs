//! Forgetting keys whose day is over.

use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::db::commit;
use crate::error::Result;
use crate::jobs::worker::{Kind, Schedule};

const PURGE_JOB: &str = "idempotency.purge";

/// The kinds of jobs that idempotency keys bring.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(PURGE_JOB, Duration::from_secs(600), move |run| {
        let app = app.clone();
        async move {
            let mut removed = 0;
            while !run.cancelled().is_cancelled() {
                match purge(&app).await? {
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
        kind: PURGE_JOB,
        every: Duration::from_secs(3600),
    }]
}

/// Removes some of the keys whose day is over; gives how many.
pub async fn purge(app: &App) -> Result<usize> {
    commit!(app.db, idempotency::delete_expired(app.clock.now()))
}
