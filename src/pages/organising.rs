//! The order of pages, and their trash.

use super::{Seen, service};
use crate::app::App;
use crate::db::commit;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::PageId;
use crate::logs::Log;
use crate::notebooks::Access;
use crate::viewer::Viewer;

/// Moves a page to another place in its notebook.
pub async fn relocate(app: &App, viewer: &Viewer, id: PageId, position: i32) -> Result<Seen> {
    let notebook = service::require_editor(app, viewer, id)
        .await?
        .page
        .notebook_id;
    let log = Log::audit(viewer, app.clock.now(), "page.moved", id)
        .with(serde_json::json!({ "position": position }));
    commit!(app.db, organising::relocate(notebook, id, position, log))?;
    service::changed(app, viewer, notebook, id).await
}

/// Moves a page to the trash.
pub async fn delete(app: &App, viewer: &Viewer, id: PageId) -> Result<Seen> {
    let notebook = service::require_editor(app, viewer, id)
        .await?
        .page
        .notebook_id;
    let log = Log::audit(viewer, app.clock.now(), "page.trashed", id);
    commit!(app.db, organising::trash(notebook, id, log))?;
    service::changed(app, viewer, notebook, id).await
}

/// Takes a page out of the trash.
pub async fn restore(app: &App, viewer: &Viewer, id: PageId) -> Result<Seen> {
    let notebook = service::require_editor(app, viewer, id)
        .await?
        .page
        .notebook_id;
    let log = Log::audit(viewer, app.clock.now(), "page.restored", id);
    commit!(app.db, organising::untrash(notebook, id, log))?;
    service::changed(app, viewer, notebook, id).await
}

/// Removes a page from the trash, for good. Only the notebook's owner may.
pub async fn purge(app: &App, viewer: &Viewer, id: PageId) -> Result<PageId> {
    let seen = service::require_editor(app, viewer, id).await?;
    if seen.access < Access::Owner {
        return Err(Error::user(
            UserErrorCode::Forbidden,
            ["pageId"],
            "Only the notebook's owner may remove a page for good.",
        ));
    }
    let notebook = seen.page.notebook_id;
    let log = Log::audit(viewer, app.clock.now(), "page.purged", id);
    if !commit!(app.db, organising::delete(notebook, id, log))? {
        return Err(Error::user(
            UserErrorCode::Conflict,
            ["pageId"],
            "Only what is in the trash can be removed for good: call `deletePage` first.",
        ));
    }
    app.events.wake(notebook.0);
    Ok(id)
}
