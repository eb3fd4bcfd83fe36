//! Removes the bytes of datasets that are gone: deleted with their account, or never finished.

use std::time::Duration;

use serde_json::json;

use super::PREFIX;
use crate::app::App;
use crate::db::query;
use crate::error::Result;
use crate::id::DatasetId;
use crate::jobs::worker::{Kind, Schedule};
use crate::storage::LEFT_ALONE_SECONDS;

const SWEEP_JOB: &str = "datasets.sweep";

/// The kinds of jobs that datasets bring.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(
        SWEEP_JOB,
        Duration::from_secs(3_600),
        move |_| {
            let app = app.clone();
            async move { Ok(json!({ "removed": sweep(&app).await? })) }
        },
    )]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: SWEEP_JOB,
        every: Duration::from_secs(6 * 3_600),
    }]
}

/// Sweeps once; gives how many objects went.
pub async fn sweep(app: &App) -> Result<usize> {
    let before = app.clock.now().plus_seconds(-LEFT_ALONE_SECONDS);
    let named = |ids| async {
        let found = query!(app.db, datasets::by_ids(ids))?;
        Ok(found.into_iter().map(|found| found.id).collect())
    };
    app.storage
        .sweep(PREFIX, before, DatasetId::parse, named)
        .await
}
