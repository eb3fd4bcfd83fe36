//! Publishing: what readers see, from now on or from a time on.

use super::{PUBLISH_JOB, Schedule, Seen, schedule_key, service};
use crate::app::App;
use crate::db::commit;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{NotebookId, PageId, RevisionId};
use crate::jobs::{self, NewJob};
use crate::logs::Log;
use crate::notebooks::{self, Access};
use crate::viewer::Viewer;

/// How far ahead a publication can be set: five years.
const MAX_AHEAD_SECONDS: i64 = 5 * 366 * 24 * 3600;

/// Shows a revision (by default the draft) to readers, now or from `at` on. A time that has passed is now.
pub async fn publish(
    app: &App,
    viewer: &Viewer,
    page_id: PageId,
    revision: Option<RevisionId>,
    at: Option<Timestamp>,
) -> Result<Seen> {
    let seen = service::require_editor(app, viewer, page_id).await?;
    let notebook = seen.page.notebook_id;
    let now = app.clock.now();
    match at.filter(|at| *at > now) {
        None => {
            let log = Log::audit(viewer, now, "page.published", page_id);
            let shown = revision.unwrap_or(seen.page.current_revision_id);
            let body = service::unread_body(app, shown).await?;
            commit!(
                app.db,
                publishing::publish(notebook, page_id, revision, body, log)
            )?;
        }
        Some(at) if at > now.plus_seconds(MAX_AHEAD_SECONDS) => {
            return Err(Error::user(
                UserErrorCode::OutOfRange,
                ["at"],
                "A publication can be set at most five years ahead.",
            ));
        }
        Some(at) => {
            let identity = viewer.require()?;
            let schedule = Schedule {
                notebook_id: notebook,
                page_id,
                at,
                user_id: identity.user_id,
                username: identity.username.clone(),
            };
            let payload = serde_json::to_value(&schedule).map_err(Error::caused_by)?;
            let job = NewJob::new(PUBLISH_JOB, payload, now)
                .at(at)
                .unique(schedule_key(page_id))
                .about(page_id);
            let log = Log::audit(viewer, now, "page.publication_scheduled", page_id)
                .with(serde_json::json!({ "at": at }));
            commit!(app.db, publishing::schedule(schedule, revision, job, log))?;
            app.events.wake(jobs::topic());
        }
    }
    service::changed(app, viewer, notebook, page_id).await
}

/// Cancels a publication that waits for its time.
pub async fn cancel(app: &App, viewer: &Viewer, page_id: PageId) -> Result<Seen> {
    let seen = service::require_editor(app, viewer, page_id).await?;
    let notebook = seen.page.notebook_id;
    let log = Log::audit(
        viewer,
        app.clock.now(),
        "page.publication_cancelled",
        page_id,
    );
    if !commit!(app.db, publishing::cancel(notebook, page_id, log))? {
        return Err(Error::user(
            UserErrorCode::Conflict,
            ["pageId"],
            "No publication of this page waits for its time.",
        ));
    }
    service::changed(app, viewer, notebook, page_id).await
}

/// Takes a page back from the public.
pub async fn unpublish(app: &App, viewer: &Viewer, page_id: PageId) -> Result<Seen> {
    let seen = service::require_editor(app, viewer, page_id).await?;
    let notebook = seen.page.notebook_id;
    let log = Log::audit(viewer, app.clock.now(), "page.unpublished", page_id);
    commit!(app.db, publishing::unpublish(notebook, page_id, log))?;
    service::changed(app, viewer, notebook, page_id).await
}

/// Publishes a notebook and the draft of every page in it.
pub async fn publish_notebook(
    app: &App,
    viewer: &Viewer,
    id: NotebookId,
) -> Result<notebooks::Seen> {
    notebooks::service::require(app, viewer, id, Access::Owner).await?;
    let log = Log::audit(viewer, app.clock.now(), "notebook.published", id);
    commit!(app.db, publishing::publish_notebook(id, log))?;
    notebooks::service::changed(app, viewer, id).await
}
