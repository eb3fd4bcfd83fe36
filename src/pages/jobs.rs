//! Work on pages that happens by itself: publishing at a time, and thinning out autosaves.

use std::time::Duration;

use serde_json::{Value, json};

use super::{PUBLISH_JOB, Page, Schedule, THIN_JOB, service};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result};
use crate::jobs::worker::{Kind, Schedule as Recurring};
use crate::logs::Log;
use crate::viewer::Viewer;

/// How long a hidden autosave stays untouched.
const UNTOUCHED_SECONDS: i64 = 600;
/// How long one a minute stays.
const THINNED_SECONDS: i64 = 24 * 3600;

/// The kinds of jobs that pages bring.
pub fn kinds(app: &App) -> Vec<Kind> {
    let (publishing, thinning) = (app.clone(), app.clone());
    vec![
        Kind::new(PUBLISH_JOB, Duration::from_secs(60), move |run| {
            let app = publishing.clone();
            async move { publish_due(&app, run.payload()?).await }
        }),
        Kind::new(THIN_JOB, Duration::from_secs(600), move |_| {
            let app = thinning.clone();
            async move { thin(&app).await }
        }),
    ]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Recurring> {
    vec![Recurring {
        kind: THIN_JOB,
        every: Duration::from_secs(300),
    }]
}

async fn publish_due(app: &App, schedule: Schedule) -> Result<Value> {
    let notebook = schedule.notebook_id;
    let log = Log::audit(
        &Viewer::default(),
        app.clock.now(),
        "page.published",
        schedule.page_id,
    )
    .with(json!({ "at": schedule.at }))
    .by(schedule.user_id, &schedule.username);
    let body = match query!(app.db, pages::find(schedule.page_id, None))? {
        Some((
            Page {
                publish_revision_id: Some(id),
                ..
            },
            _,
            _,
        )) => service::unread_body(app, id).await?,
        _ => None,
    };
    let published = match commit!(app.db, publishing::publish_due(schedule, body, log)) {
        Ok(published) => published,
        // The page or its revision is gone: there is nothing left to do.
        Err(Error::User(_)) => false,
        Err(error) => return Err(error),
    };
    app.events.wake(notebook.0);
    Ok(json!({ "published": published }))
}

/// Thins out autosaves that later ones took the place of.
pub async fn thin(app: &App) -> Result<Value> {
    let now = app.clock.now();
    let removed = commit!(
        app.db,
        restoring::thin(
            now.plus_seconds(-UNTOUCHED_SECONDS),
            now.plus_seconds(-THINNED_SECONDS),
        )
    )?;
    Ok(json!({ "removed": removed }))
}
