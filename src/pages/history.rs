//! Older texts: finding, naming, comparing and bringing them back.

use std::sync::Arc;

use super::{Revision, Seen, Text, content, no_revision, service};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::RevisionId;
use crate::logs::Log;
use crate::text::diff::{self, Diff};
use crate::validate::Checks;
use crate::viewer::Viewer;

const MAX_NAME: usize = 100;

/// A revision with its page, if the viewer may read it.
pub async fn find(app: &App, viewer: &Viewer, id: RevisionId) -> Result<Option<(Revision, Seen)>> {
    let Some(revision) = query!(app.db, revisions::find(id))? else {
        return Ok(None);
    };
    let page = service::find(app, viewer, revision.page_id).await?;
    Ok(page
        .filter(|page| page.shows(id))
        .map(|page| (revision, page)))
}

/// The revision, for a viewer who may write its page.
async fn require_editor(app: &App, viewer: &Viewer, id: RevisionId) -> Result<(Revision, Seen)> {
    viewer.require()?;
    let (revision, page) = find(app, viewer, id).await?.ok_or_else(no_revision)?;
    if !page.access.edits() {
        return Err(Error::user(
            UserErrorCode::Forbidden,
            ["revisionId"],
            "You may read this page but not change it.",
        ));
    }
    Ok((revision, page))
}

/// Makes an older text the draft again, as a new revision.
pub async fn restore(app: &App, viewer: &Viewer, id: RevisionId) -> Result<Seen> {
    let (revision, page) = require_editor(app, viewer, id).await?;
    let log = Log::audit(viewer, app.clock.now(), "revision.restored", page.page.id)
        .with(serde_json::json!({ "revision": revision.id, "number": revision.number }));
    let notebook = page.page.notebook_id;
    // A revision's text does not change any more.
    let body = service::body_of(app, &revision).await?;
    commit!(app.db, restoring::restore(notebook, revision, body, log))?;
    service::changed(app, viewer, notebook, page.page.id).await
}

/// Names a revision, which keeps it for good; `None` or a blank name takes the name away.
pub async fn rename(
    app: &App,
    viewer: &Viewer,
    id: RevisionId,
    name: Option<String>,
) -> Result<(Revision, Seen)> {
    let (_, page) = require_editor(app, viewer, id).await?;
    let mut checks = Checks::new();
    let name = name
        .map(|name| checks.line(["name"], &name, 0, MAX_NAME))
        .filter(|name| !name.is_empty());
    checks.done()?;
    let log = Log::audit(viewer, app.clock.now(), "revision.named", id)
        .with(serde_json::json!({ "name": name }));
    let revision = commit!(app.db, revisions::rename(id, name, log))?.ok_or_else(no_revision)?;
    Ok((revision, page))
}

/// The revision to compare with: the one asked for, which must be of the same page and visible, or the
/// one before; `None` where there is none before, or none that the viewer may read.
pub async fn compared_with(
    app: &App,
    page: &Seen,
    revision: &Revision,
    from: Option<RevisionId>,
) -> Result<Option<Revision>> {
    match from {
        Some(from) => query!(app.db, revisions::find(from))?
            .filter(|found| found.page_id == revision.page_id && page.shows(found.id))
            .map(Some)
            .ok_or_else(|| {
                Error::bad_input("`fromRevisionId` is not a revision of the same page.")
            }),
        None => {
            let before = query!(app.db, revisions::before(revision.page_id, revision.number))?;
            Ok(before.filter(|found| page.shows(found.id)))
        }
    }
}

/// What changed from one text to another; from nothing where `from` is none.
pub async fn compare(from: Option<Arc<Text>>, to: Arc<Text>) -> Result<Diff> {
    // Comparing is bounded in time, not in milliseconds: it always leaves the serving threads.
    let bytes = usize::MAX;
    content::off_thread(bytes, move || {
        let from = from.as_ref().map_or("", |text| text.content.as_str());
        diff::between(from, &to.content)
    })
    .await
}
