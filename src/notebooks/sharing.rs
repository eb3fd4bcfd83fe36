//! Sharing a notebook with other people.

use super::{Access, Collaborator, CollaboratorRole, Seen, not_found, service};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{CollaboratorId, NotebookId, UserId};
use crate::logs::Log;
use crate::viewer::Viewer;

/// A share, for those who may edit its notebook.
pub async fn find(app: &App, viewer: &Viewer, id: CollaboratorId) -> Result<Option<Collaborator>> {
    let Some(share) = query!(app.db, notebooks::collaborator(id))? else {
        return Ok(None);
    };
    let seen = service::find(app, viewer, share.notebook_id).await?;
    Ok(seen.filter(|seen| seen.access.edits()).map(|_| share))
}

/// Shares a notebook with a user, or changes what they may do.
pub async fn set_collaborator(
    app: &App,
    viewer: &Viewer,
    notebook_id: NotebookId,
    user_id: UserId,
    role: CollaboratorRole,
) -> Result<Seen> {
    let notebook = service::require(app, viewer, notebook_id, Access::Owner).await?;
    if user_id == notebook.owner_id {
        return Err(Error::user(
            UserErrorCode::Invalid,
            ["userId"],
            "The owner needs no share.",
        ));
    }
    if query!(app.db, accounts::find(user_id))?.is_none() {
        return Err(Error::not_found("user", ["userId"]));
    }
    let now = app.clock.now();
    let share = Collaborator {
        id: CollaboratorId::new(),
        notebook_id,
        user_id,
        role,
        created_at: now,
    };
    let log = Log::audit(viewer, now, "notebook.shared", notebook_id)
        .with(serde_json::json!({ "with": user_id, "role": role.as_str() }));
    commit!(app.db, notebook_changes::share(share, log))?;
    service::changed(app, viewer, notebook_id).await
}

/// Ends a share. The owner may end any, and everybody their own; then the notebook given is null
/// unless they may still see it.
pub async fn remove_collaborator(
    app: &App,
    viewer: &Viewer,
    notebook_id: NotebookId,
    user_id: UserId,
) -> Result<Option<Seen>> {
    let own = viewer.require()?.user_id == user_id;
    let needed = if own { Access::Reader } else { Access::Owner };
    service::require(app, viewer, notebook_id, needed).await?;
    let log = Log::audit(viewer, app.clock.now(), "notebook.unshared", notebook_id)
        .with(serde_json::json!({ "with": user_id }));
    if !commit!(app.db, notebook_changes::unshare(notebook_id, user_id, log))? {
        return Err(Error::not_found("collaborator", ["userId"]));
    }
    app.events.wake(notebook_id.0);
    match service::find(app, viewer, notebook_id).await? {
        None if !own => Err(not_found()),
        seen => Ok(seen),
    }
}
