//! What people do with their forecasts, and administrators with everybody's; every function here authorises.

use serde_json::json;

use super::{MAX_NOTE, Prediction, PredictionFilter, no_prediction};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::Result;
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::PredictionId;
use crate::jobs;
use crate::logs::Log;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "PREDICTIONS";

/// A forecast, if the viewer may see it.
pub async fn find(app: &App, viewer: &Viewer, id: PredictionId) -> Result<Option<Prediction>> {
    if viewer.is_anonymous() {
        return Ok(None);
    }
    let found = query!(app.db, predictions::find(id))?;
    Ok(found.filter(|prediction| prediction.shows_to(viewer)))
}

/// A page of forecasts, the newest first: everybody's for administrators, their own for others.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    page: PageArgs,
    filter: PredictionFilter,
) -> Result<Items<Prediction>> {
    let identity = viewer.require()?;
    let filter = PredictionFilter {
        visible_to: (!viewer.is_admin()).then_some(identity.user_id),
        ..filter
    };
    let window = page.window::<(Timestamp, PredictionId)>(ORDER)?;
    let rows = query!(app.db, predictions::list(filter.clone(), window.clone()))?;
    let slice = Slice::cut(rows, &window).map(|row| {
        let cursor = encode(ORDER, &(row.created_at, row.id));
        (cursor, row)
    });
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let (app, filter) = (app.clone(), filter.clone());
        async move { query!(app.db, predictions::count(filter)) }
    }))
}

/// Changes the note of a forecast; none leaves it as it is, and an empty one removes it.
pub async fn annotate(
    app: &App,
    viewer: &Viewer,
    id: PredictionId,
    note: Option<&str>,
) -> Result<Prediction> {
    viewer.require()?;
    let prediction = find(app, viewer, id).await?.ok_or_else(no_prediction)?;
    let Some(note) = note else {
        return Ok(prediction);
    };
    let mut checks = Checks::new();
    let note = checks.text(["input", "note"], note, MAX_NOTE);
    checks.done()?;
    let note = Some(note).filter(|note| !note.is_empty());
    if note == prediction.note {
        return Ok(prediction);
    }
    let entry = Log::audit(viewer, app.clock.now(), "prediction.annotated", id);
    let changed = commit!(app.db, predictions::annotate(id, note, entry))?;
    app.events.wake(changed.topic());
    Ok(changed)
}

/// Removes a forecast, and stops what makes it.
pub async fn delete(app: &App, viewer: &Viewer, id: PredictionId) -> Result<PredictionId> {
    viewer.require()?;
    let prediction = find(app, viewer, id).await?.ok_or_else(no_prediction)?;
    let entry = Log::audit(viewer, app.clock.now(), "prediction.deleted", id)
        .with(json!({ "model": prediction.model, "dataset": prediction.dataset_id }));
    let job = prediction.job_id;
    if !commit!(app.db, predictions::delete(id, job, entry))? {
        return Err(no_prediction());
    }
    if let Some(job) = job {
        app.events.wake(jobs::cancel_topic(job));
    }
    app.events.wake(prediction.topic());
    Ok(id)
}
