//! What people do with notebooks as a whole.

use serde_json::Value;

use super::{
    Access, Change, Notebook, NotebookOrderField, OrderDirection, Range, Scope, Seen, not_found,
};
use crate::app::App;
use crate::db::types::{JsonValue, Timestamp};
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::paging::{self, PageArgs, Slice};
use crate::id::{NotebookId, UserId};
use crate::logs::Log;
use crate::validate::{Checks, fold, json};
use crate::viewer::Viewer;

/// The longest title of a notebook or page, in characters.
pub const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 5_000;

/// Which list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The viewer's own.
    pub mine: bool,
    /// Those that others share with the viewer.
    pub shared_with_me: bool,
    /// The viewer's trash.
    pub trashed: bool,
    /// Those of one owner.
    pub owner_id: Option<UserId>,
}

/// What a list is sorted by, and which way it runs.
pub type Order = (NotebookOrderField, OrderDirection);

/// What makes up a new notebook.
pub struct NewNotebook {
    /// 1 to 200 characters.
    pub title: String,
    /// At most 5,000 characters.
    pub description: Option<String>,
    /// Any JSON of at most 64 KiB.
    pub metadata: Option<Value>,
}

/// What is to change of a notebook; `None` leaves it as it is.
pub struct NotebookUpdate {
    /// Which notebook.
    pub notebook_id: NotebookId,
    /// 1 to 200 characters.
    pub title: Option<String>,
    /// At most 5,000 characters.
    pub description: Option<String>,
    /// Any JSON of at most 64 KiB.
    pub metadata: Option<Value>,
}

/// The notebook, if the viewer may see it.
pub async fn find(app: &App, viewer: &Viewer, id: NotebookId) -> Result<Option<Seen>> {
    let row = query!(app.db, notebooks::find(id, viewer.id()))?;
    Ok(row.and_then(|row| Seen::by(viewer, row)))
}

/// The notebook, for a viewer who needs at least `access` to go on.
pub async fn require(
    app: &App,
    viewer: &Viewer,
    id: NotebookId,
    access: Access,
) -> Result<Notebook> {
    viewer.require()?;
    let seen = find(app, viewer, id).await?.ok_or_else(not_found)?;
    if seen.access < access {
        return Err(Error::user(
            UserErrorCode::Forbidden,
            ["notebookId"],
            match access {
                Access::Owner => "Only the notebook's owner may do this.",
                _ => "You may read this notebook but not change it.",
            },
        ));
    }
    Ok(seen.notebook)
}

/// A page of a list of notebooks, with their cursors; and the scope, by which the whole is counted.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    filter: Filter,
    order: Option<Order>,
    args: PageArgs,
) -> Result<(Slice<(String, Seen)>, Scope)> {
    let scope = scope(viewer, &filter)?;
    let default = match scope {
        Scope::Public(_) => NotebookOrderField::PublishedAt,
        _ => NotebookOrderField::CreatedAt,
    };
    let (field, direction) = order.unwrap_or((default, OrderDirection::Desc));
    let slice = read(app, viewer, scope, field, direction, args).await?;
    Ok((slice, scope))
}

/// How many notebooks a scope holds.
pub async fn count(app: &App, scope: Scope, viewer: Option<UserId>) -> Result<i64> {
    query!(app.db, notebooks::count(scope, viewer))
}

/// The scope that `viewer` may ask for of one owner's notebooks.
pub fn owned_by(viewer: &Viewer, owner: UserId) -> Scope {
    if viewer.is_admin() || viewer.id() == Some(owner) {
        Scope::OwnedBy(owner)
    } else {
        Scope::Public(Some(owner))
    }
}

fn scope(viewer: &Viewer, filter: &Filter) -> Result<Scope> {
    let chosen = [filter.mine, filter.shared_with_me, filter.trashed];
    let conflicting = filter.shared_with_me && (filter.mine || filter.trashed)
        || filter.owner_id.is_some() && chosen.contains(&true);
    if conflicting {
        return Err(Error::bad_input(
            "`mine` (with or without `trashed`), `sharedWithMe` and `ownerId` exclude each other.",
        ));
    }
    Ok(if filter.trashed {
        Scope::TrashOf(viewer.require()?.user_id)
    } else if filter.mine {
        Scope::OwnedBy(viewer.require()?.user_id)
    } else if filter.shared_with_me {
        Scope::SharedWith(viewer.require()?.user_id)
    } else if let Some(owner) = filter.owner_id {
        owned_by(viewer, owner)
    } else {
        Scope::Public(None)
    })
}

/// The name that cursors of an order carry.
pub fn order_name((field, direction): Order) -> String {
    format!("{field:?}{direction:?}")
}

async fn read(
    app: &App,
    viewer: &Viewer,
    scope: Scope,
    field: NotebookOrderField,
    direction: OrderDirection,
    args: PageArgs,
) -> Result<Slice<(String, Seen)>> {
    let name = order_name((field, direction));
    let descending = direction == OrderDirection::Desc;
    let see = |rows: Vec<_>| -> Vec<Seen> {
        rows.into_iter()
            .filter_map(|row| Seen::by(viewer, row))
            .collect()
    };
    if field == NotebookOrderField::Title {
        let window = args.window::<(String, NotebookId)>(&name)?;
        let range = Range::Title(window.clone());
        let rows = query!(
            app.db,
            notebooks::list(scope, range, descending, viewer.id())
        )?;
        Ok(Slice::cut(see(rows), &window).map(|seen| {
            let key = (&seen.notebook.title_key, seen.notebook.id);
            (paging::encode(&name, &key), seen)
        }))
    } else {
        let window = args.window::<(Timestamp, NotebookId)>(&name)?;
        let range = Range::Time(field, window.clone());
        let rows = query!(
            app.db,
            notebooks::list(scope, range, descending, viewer.id())
        )?;
        Ok(Slice::cut(see(rows), &window).map(|seen| {
            let key = (seen.notebook.time(field), seen.notebook.id);
            (paging::encode(&name, &key), seen)
        }))
    }
}

/// Makes a notebook: a draft that only its owner sees.
pub async fn create(app: &App, viewer: &Viewer, input: NewNotebook) -> Result<Seen> {
    let owner_id = viewer.require()?.user_id;
    let mut checks = Checks::new();
    let title = checks.line(["input", "title"], &input.title, 1, MAX_TITLE);
    let description = input.description.unwrap_or_default();
    let description = checks.text(["input", "description"], &description, MAX_DESCRIPTION);
    let metadata = input
        .metadata
        .unwrap_or_else(|| Value::Object(Default::default()));
    json::check(&mut checks, ["input", "metadata"], &metadata);
    checks.done()?;
    let now = app.clock.now();
    let notebook = Notebook {
        id: NotebookId::new(),
        owner_id,
        title_key: fold(&title),
        title,
        description,
        metadata: JsonValue(metadata),
        published_at: None,
        published_order: Timestamp::EPOCH,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        event_seq: 0,
    };
    let log = Log::audit(viewer, now, "notebook.created", notebook.id);
    commit!(app.db, notebook_changes::insert(notebook.clone(), log))?;
    Ok(Seen {
        notebook,
        access: Access::Owner,
    })
}

/// Changes a notebook's title, description or metadata.
pub async fn update(app: &App, viewer: &Viewer, input: NotebookUpdate) -> Result<Seen> {
    let id = input.notebook_id;
    require_at_input(app, viewer, id).await?;
    let mut checks = Checks::new();
    let title = input
        .title
        .map(|title| checks.line(["input", "title"], &title, 1, MAX_TITLE));
    let description = input
        .description
        .map(|text| checks.text(["input", "description"], &text, MAX_DESCRIPTION));
    if let Some(metadata) = &input.metadata {
        json::check(&mut checks, ["input", "metadata"], metadata);
    }
    checks.done()?;
    let now = app.clock.now();
    let change = Change {
        title_key: title.as_deref().map(fold),
        title,
        description,
        metadata: input.metadata.map(JsonValue),
        updated_at: now,
    };
    let log = Log::audit(viewer, now, "notebook.updated", id);
    commit!(app.db, notebook_changes::update(id, change, log))?;
    changed(app, viewer, id).await
}

/// Moves a notebook to the trash, where its owner alone sees it.
pub async fn delete(app: &App, viewer: &Viewer, id: NotebookId) -> Result<Seen> {
    let notebook = require(app, viewer, id, Access::Owner).await?;
    if notebook.deleted_at.is_none() {
        let now = app.clock.now();
        let log = Log::audit(viewer, now, "notebook.trashed", id);
        commit!(app.db, notebook_changes::set_deleted(id, Some(now), log))?;
    }
    changed(app, viewer, id).await
}

/// Takes a notebook out of the trash.
pub async fn restore(app: &App, viewer: &Viewer, id: NotebookId) -> Result<Seen> {
    let notebook = require(app, viewer, id, Access::Owner).await?;
    if notebook.deleted_at.is_some() {
        let log = Log::audit(viewer, app.clock.now(), "notebook.restored", id);
        commit!(app.db, notebook_changes::set_deleted(id, None, log))?;
    }
    changed(app, viewer, id).await
}

/// Removes a notebook from the trash, for good.
pub async fn purge(app: &App, viewer: &Viewer, id: NotebookId) -> Result<NotebookId> {
    require(app, viewer, id, Access::Owner).await?;
    let log = Log::audit(viewer, app.clock.now(), "notebook.purged", id);
    if !commit!(app.db, notebook_changes::delete(id, log))? {
        return Err(Error::user(
            UserErrorCode::Conflict,
            ["notebookId"],
            "Only what is in the trash can be removed for good: call `deleteNotebook` first.",
        ));
    }
    app.events.wake(id.0);
    Ok(id)
}

/// Takes a notebook back from the public; its pages keep their state.
pub async fn unpublish(app: &App, viewer: &Viewer, id: NotebookId) -> Result<Seen> {
    let notebook = require(app, viewer, id, Access::Owner).await?;
    if notebook.published_at.is_some() {
        let log = Log::audit(viewer, app.clock.now(), "notebook.unpublished", id);
        commit!(app.db, notebook_changes::unpublish(id, log))?;
    }
    changed(app, viewer, id).await
}

/// Tells those who watch the notebook to look again, and gives it as it is now.
pub async fn changed(app: &App, viewer: &Viewer, id: NotebookId) -> Result<Seen> {
    app.events.wake(id.0);
    find(app, viewer, id).await?.ok_or_else(not_found)
}

/// The same as [`require`] for an editor, with the path of an input object.
async fn require_at_input(app: &App, viewer: &Viewer, id: NotebookId) -> Result<Notebook> {
    require(app, viewer, id, Access::Editor)
        .await
        .map_err(Error::in_input)
}
