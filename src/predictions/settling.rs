//! Tells the log of forecasts whose job died, was cancelled, or was given up: nobody was left to do so.

use std::time::Duration;

use serde_json::json;

use super::running::ended;
use crate::app::App;
use crate::db::{commit, query};
use crate::error::Result;
use crate::jobs::JobStatus;
use crate::jobs::worker::{Kind, Schedule};

const KIND: &str = "predictions.settle";
/// How many forecasts are read at once.
const BATCH: i64 = 100;

/// The kinds of jobs that tell of ends.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(KIND, Duration::from_secs(600), move |_| {
        let app = app.clone();
        async move { Ok(json!({ "logged": settle(&app).await? })) }
    })]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: KIND,
        every: Duration::from_secs(300),
    }]
}

/// Tells of all of them; gives of how many.
pub async fn settle(app: &App) -> Result<usize> {
    let mut told = 0;
    loop {
        let some = query!(app.db, predictions::unlogged(BATCH))?;
        if some.is_empty() {
            return Ok(told);
        }
        told += some.len();
        for prediction in some {
            let action = match prediction.status {
                JobStatus::Cancelled => "prediction.cancelled",
                _ => "prediction.failed",
            };
            let mut entry = ended(&prediction, action, app.clock.now());
            // Whose it was; the name is told by the entry of the request.
            entry.user_id = Some(prediction.owner_id);
            entry.actor = Some(prediction.owner_id.to_string());
            let id = prediction.id;
            commit!(app.db, predictions::log_end(id, entry))?;
        }
    }
}
