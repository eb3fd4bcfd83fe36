//! Finding pages for a viewer, and making them.

use super::content;
use super::{ContentFormat, NewRevision, Page, Revision, RevisionKind, Seen, not_found};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{NotebookId, PageId, RevisionId};
use crate::logs::Log;
use crate::notebooks::service::MAX_TITLE;
use crate::notebooks::{self, Access};
use crate::search::Body;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// What makes up a new page.
pub struct NewPage {
    /// Where it goes.
    pub notebook_id: NotebookId,
    /// 1 to 200 characters.
    pub title: String,
    /// Its text; empty where it is left out.
    pub content: Option<String>,
    /// How the text is written.
    pub format: Option<ContentFormat>,
    /// 0-based; at the end where it is left out.
    pub position: Option<i32>,
}

/// The page, if the viewer may see it.
pub async fn find(app: &App, viewer: &Viewer, id: PageId) -> Result<Option<Seen>> {
    let row = query!(app.db, pages::find(id, viewer.id()))?;
    Ok(row.and_then(|row| Seen::by(viewer, row)))
}

/// The page, for a viewer who may write it.
pub async fn require_editor(app: &App, viewer: &Viewer, id: PageId) -> Result<Seen> {
    viewer.require()?;
    let seen = find(app, viewer, id).await?.ok_or_else(not_found)?;
    if !seen.access.edits() {
        return Err(Error::user(
            UserErrorCode::Forbidden,
            ["pageId"],
            "You may read this page but not change it.",
        ));
    }
    Ok(seen)
}

/// What a revision is found by.
pub async fn body_of(app: &App, revision: &Revision) -> Result<Body> {
    let texts = query!(app.db, revisions::texts(vec![revision.id]))?;
    match texts.into_iter().next() {
        Some((_, text)) => Ok(content::read(revision.format, text.content).await?.2),
        None => Ok(Body::default()),
    }
}

/// What a revision of a page is found by, where no document has it yet: before it is published.
pub async fn unread_body(app: &App, id: RevisionId) -> Result<Option<(RevisionId, Body)>> {
    let Some(revision) = query!(app.db, revisions::find(id))? else {
        return Ok(None);
    };
    if query!(app.db, search_index::has(revision.page_id, id))? {
        return Ok(None);
    }
    Ok(Some((id, body_of(app, &revision).await?)))
}

/// Makes a page in a notebook.
pub async fn create(app: &App, viewer: &Viewer, input: NewPage) -> Result<Seen> {
    let author_id = viewer.require()?.user_id;
    let notebook = notebooks::service::require(app, viewer, input.notebook_id, Access::Editor)
        .await
        .map_err(Error::in_input)?;
    let format = input.format.unwrap_or(ContentFormat::Markdown);
    let content = input.content.unwrap_or_default();
    let mut checks = Checks::new();
    let title = checks.line(["input", "title"], &input.title, 1, MAX_TITLE);
    content::check(&mut checks, format, &content);
    checks.done()?;
    let (content, word_count, body) = content::read(format, content).await?;
    let now = app.clock.now();
    let page = Page {
        id: PageId::new(),
        notebook_id: notebook.id,
        title: title.clone(),
        format,
        position: 0,
        word_count,
        current_revision_id: RevisionId::new(),
        revision_count: 1,
        published_revision_id: None,
        published_title: None,
        published_word_count: None,
        published_at: None,
        publish_at: None,
        publish_revision_id: None,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    };
    let revision = NewRevision {
        id: page.current_revision_id,
        page_id: page.id,
        number: 1,
        kind: RevisionKind::Created,
        author_id: Some(author_id),
        ai_model: None,
        title,
        content,
        format,
        word_count,
        message: None,
        client_id: None,
        created_at: now,
        minute: now.minute_number(),
    };
    let log = Log::audit(viewer, now, "page.created", page.id);
    let id = page.id;
    commit!(
        app.db,
        organising::insert(page, revision, body, input.position, log)
    )?;
    changed(app, viewer, notebook.id, id).await
}

/// Tells those who watch the notebook to look again, and gives the page as it is now.
pub async fn changed(app: &App, viewer: &Viewer, notebook: NotebookId, id: PageId) -> Result<Seen> {
    app.events.wake(notebook.0);
    find(app, viewer, id).await?.ok_or_else(not_found)
}
