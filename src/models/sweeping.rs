//! Removes the bytes of versions that are gone: deleted, or of a training that never came to its end.

use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::json;

use super::PREFIX;
use crate::app::App;
use crate::db::query;
use crate::error::Result;
use crate::id::ModelVersionId;
use crate::jobs::worker::{Kind, Schedule};

const SWEEP_JOB: &str = "models.sweep";
/// How long bytes without a row are left alone: they are written when nothing but the row is missing.
const DAY_SECONDS: i64 = 24 * 3_600;

/// The kinds of jobs that the registry brings.
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
    let before = app.clock.now().plus_seconds(-DAY_SECONDS);
    let mut removed = 0;
    let mut objects = app.storage.list(PREFIX);
    while let Some(object) = objects.try_next().await? {
        if object.written_at >= before {
            continue;
        }
        let id = object
            .key
            .rsplit('/')
            .next()
            .and_then(ModelVersionId::parse);
        let kept = match id {
            Some(id) => query!(app.db, models::find_version(id))?.is_some(),
            None => false,
        };
        if !kept {
            app.storage.delete(&object.key).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
