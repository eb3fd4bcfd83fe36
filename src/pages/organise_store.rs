//! SQL that places pages in their notebook: making, moving, trashing, restoring and purging them.
//!
//! Positions run from 0 without gaps among the pages that are not in the trash; the notebook's lock is
//! held while they change.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, events, jobs, logs, notebook_changes, saving, transaction};
use crate::db::schema::pages;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{NotebookId, PageId, RevisionId};
use crate::logs::Log;
use crate::notebooks::Notebook;
use crate::pages::{
    Event, NewRevision, Page, PageEventKind, in_the_trash, not_found, schedule_key,
};
use crate::search::Body;

/// The most pages that a notebook can have.
const MAX_PAGES: i32 = 10_000;

/// Locks the notebook of a page and reads both as they are now.
pub async fn lock(conn: &mut Conn, notebook: NotebookId, page: PageId) -> Result<(Notebook, Page)> {
    let notebook = notebook_changes::lock(conn, notebook)
        .await?
        .ok_or_else(not_found)?;
    let page = pages::table
        .find(page)
        .filter(pages::notebook_id.eq(notebook.id))
        .select(Page::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(not_found)?;
    Ok((notebook, page))
}

/// Writes the event, the log entry and the notebook's time of a change to one page.
pub async fn record(
    conn: &mut Conn,
    notebook: &Notebook,
    page: &Page,
    kind: PageEventKind,
    public: bool,
    log: &Log,
) -> Result<()> {
    let event = Event {
        notebook_id: notebook.id,
        seq: notebook.event_seq,
        page_id: page.id,
        revision_id: Some(match kind {
            PageEventKind::Published => page
                .published_revision_id
                .unwrap_or(page.current_revision_id),
            _ => page.current_revision_id,
        }),
        revision_number: page.revision_count,
        actor_id: log.user_id,
        kind,
        client_id: None,
        public,
        at: log.date,
    };
    events::insert(conn, &event).await?;
    notebook_changes::touch(conn, notebook.id, notebook.event_seq, log.date).await?;
    logs::insert(conn, log).await
}

/// Whether readers see a page.
pub fn is_public(notebook: &Notebook, page: &Page) -> bool {
    notebook.published_at.is_some()
        && notebook.deleted_at.is_none()
        && page.published_revision_id.is_some()
        && page.deleted_at.is_none()
}

async fn count(conn: &mut Conn, notebook: NotebookId) -> Result<i32> {
    let count: i64 = pages::table
        .filter(pages::notebook_id.eq(notebook))
        .filter(pages::deleted_at.is_null())
        .count()
        .get_result(conn)
        .await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Moves the pages from position `from` on by `by` places.
async fn shift(conn: &mut Conn, notebook: NotebookId, from: i32, to: i32, by: i32) -> Result<()> {
    diesel::update(
        pages::table
            .filter(pages::notebook_id.eq(notebook))
            .filter(pages::deleted_at.is_null())
            .filter(pages::position.ge(from))
            .filter(pages::position.lt(to)),
    )
    .set(pages::position.eq(pages::position + by))
    .execute(conn)
    .await?;
    Ok(())
}

async fn place(
    conn: &mut Conn,
    page: &Page,
    position: i32,
    deleted_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    diesel::update(pages::table.find(page.id))
        .set((
            pages::position.eq(position),
            pages::deleted_at.eq(deleted_at),
            pages::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The position to put a page at among `count` others.
fn checked<const N: usize>(position: Option<i32>, count: i32, path: [&str; N]) -> Result<i32> {
    let position = position.unwrap_or(count);
    if (0..=count).contains(&position) {
        return Ok(position);
    }
    Err(Error::user(
        UserErrorCode::OutOfRange,
        path,
        format!("The position is 0-based and at most {count} here."),
    ))
}

fn full() -> Error {
    Error::user(
        UserErrorCode::LimitReached,
        ["input", "notebookId"],
        format!("A notebook has at most {MAX_PAGES} pages: start another one."),
    )
}

/// Stores a new page with its first revision.
pub async fn insert(
    conn: &mut Conn,
    mut page: Page,
    revision: NewRevision,
    body: Body,
    position: Option<i32>,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        let notebook = notebook_changes::lock(conn, page.notebook_id)
            .await?
            .filter(|notebook| notebook.deleted_at.is_none());
        let Some(notebook) = notebook else {
            return Err(Error::user(
                UserErrorCode::Conflict,
                ["input", "notebookId"],
                "The notebook is in the trash: restore it first.",
            ));
        };
        let count = count(conn, notebook.id).await?;
        if count >= MAX_PAGES {
            return Err(full());
        }
        page.position = checked(position, count, ["input", "position"])?;
        shift(conn, notebook.id, page.position, count, 1).await?;
        diesel::insert_into(pages::table)
            .values(&page)
            .execute(conn)
            .await?;
        saving::set_draft(conn, &page, &revision, Some(&body)).await?;
        record(conn, &notebook, &page, PageEventKind::Created, false, &log).await
    })
}

/// Moves a page to another place in its notebook.
pub async fn relocate(
    conn: &mut Conn,
    notebook: NotebookId,
    page: PageId,
    position: i32,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        let (notebook, page) = lock(conn, notebook, page).await?;
        if page.deleted_at.is_some() || notebook.deleted_at.is_some() {
            return Err(in_the_trash());
        }
        let last = count(conn, notebook.id).await? - 1;
        let target = checked(Some(position), last, ["position"])?;
        if target == page.position {
            return Ok(());
        }
        if target > page.position {
            shift(conn, notebook.id, page.position + 1, target + 1, -1).await?;
        } else {
            shift(conn, notebook.id, target, page.position, 1).await?;
        }
        place(conn, &page, target, None, log.date).await?;
        let public = is_public(&notebook, &page);
        record(conn, &notebook, &page, PageEventKind::Moved, public, &log).await
    })
}

/// Moves a page to the trash and closes the gap that it leaves.
pub async fn trash(conn: &mut Conn, notebook: NotebookId, page: PageId, log: Log) -> Result<()> {
    transaction!(conn, {
        let (notebook, page) = lock(conn, notebook, page).await?;
        if page.deleted_at.is_some() {
            return Ok(());
        }
        place(conn, &page, page.position, Some(log.date), log.date).await?;
        shift(conn, notebook.id, page.position + 1, i32::MAX, -1).await?;
        diesel::update(pages::table.find(page.id))
            .set((
                pages::publish_at.eq(None::<Timestamp>),
                pages::publish_revision_id.eq(None::<RevisionId>),
            ))
            .execute(conn)
            .await?;
        jobs::cancel_unique(conn, &schedule_key(page.id)).await?;
        let public = is_public(&notebook, &page);
        record(conn, &notebook, &page, PageEventKind::Deleted, public, &log).await
    })
}

/// Takes a page out of the trash, to where it stood or to the end.
pub async fn untrash(conn: &mut Conn, notebook: NotebookId, page: PageId, log: Log) -> Result<()> {
    transaction!(conn, {
        let (notebook, mut page) = lock(conn, notebook, page).await?;
        if page.deleted_at.is_none() {
            return Ok(());
        }
        let count = count(conn, notebook.id).await?;
        if count >= MAX_PAGES {
            return Err(full());
        }
        let position = page.position.clamp(0, count);
        shift(conn, notebook.id, position, count, 1).await?;
        place(conn, &page, position, None, log.date).await?;
        page.deleted_at = None;
        let public = is_public(&notebook, &page);
        record(
            conn,
            &notebook,
            &page,
            PageEventKind::Restored,
            public,
            &log,
        )
        .await
    })
}

/// Removes a page that is in the trash, for good; false where it is not there.
pub async fn delete(conn: &mut Conn, notebook: NotebookId, page: PageId, log: Log) -> Result<bool> {
    transaction!(conn, {
        let (notebook, page) = lock(conn, notebook, page).await?;
        if page.deleted_at.is_none() {
            return Ok(false);
        }
        diesel::delete(pages::table.find(page.id))
            .execute(conn)
            .await?;
        record(conn, &notebook, &page, PageEventKind::Deleted, false, &log).await?;
        Ok(true)
    })
}
