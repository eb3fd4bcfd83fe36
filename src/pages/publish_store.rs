//! SQL of publishing: pinning the revision that readers see, now or at a time.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::organising::{is_public, lock, record};
use super::{
    Conn, events, image_uses, jobs, logs, notebook_changes, revisions as reads, search_index,
    transaction,
};
use crate::db::schema::{notebooks, pages, revisions};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{NotebookId, PageId, RevisionId};
use crate::jobs::NewJob;
use crate::logs::Log;
use crate::pages::{
    Event, Page, PageEventKind, Revision, RevisionKind, Schedule, Text, content, in_the_trash,
    no_revision, schedule_key,
};
use crate::search::{Body, Document};

/// The revision to pin: the one asked for, which must be the page's, or the draft.
async fn pinned(conn: &mut Conn, page: &Page, asked: Option<RevisionId>) -> Result<Revision> {
    reads::find(conn, asked.unwrap_or(page.current_revision_id))
        .await?
        .filter(|revision| revision.page_id == page.id)
        .ok_or_else(no_revision)
}

/// Keeps a revision from being thinned out.
async fn keep(conn: &mut Conn, id: RevisionId, kind: RevisionKind) -> Result<()> {
    diesel::update(revisions::table.find(id))
        .set((
            revisions::kind.eq(kind),
            revisions::hidden_at.eq(None::<Timestamp>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

async fn show(
    conn: &mut Conn,
    page: &mut Page,
    revision: &Revision,
    body: Option<(RevisionId, Body)>,
    now: Timestamp,
) -> Result<()> {
    keep(conn, revision.id, RevisionKind::Published).await?;
    page.published_revision_id = Some(revision.id);
    page.published_title = Some(revision.title.clone());
    page.published_word_count = Some(revision.word_count);
    page.published_at = Some(now);
    page.publish_at = None;
    page.publish_revision_id = None;
    diesel::update(pages::table.find(page.id))
        .set((
            pages::published_revision_id.eq(page.published_revision_id),
            pages::published_title.eq(&page.published_title),
            pages::published_word_count.eq(page.published_word_count),
            pages::published_at.eq(page.published_at),
            pages::publish_at.eq(page.publish_at),
            pages::publish_revision_id.eq(page.publish_revision_id),
            pages::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    image_uses::published(conn, page.id, revision.id).await?;
    find_by(conn, page, revision, body).await
}

/// Sees to it that the published revision is found, which it is already where it is the draft.
async fn find_by(
    conn: &mut Conn,
    page: &Page,
    revision: &Revision,
    body: Option<(RevisionId, Body)>,
) -> Result<()> {
    search_index::prune(conn, page).await?;
    if search_index::has(conn, page.id, revision.id).await? {
        return Ok(());
    }
    let body = match body.filter(|(of, _)| *of == revision.id) {
        Some((_, body)) => body,
        // Rare: the draft changed since the caller looked, or nothing of this page was indexed yet.
        None => {
            let text: Text = revisions::table
                .find(revision.id)
                .select(Text::as_select())
                .first(conn)
                .await?;
            Body::of(&content::plain(revision.format, &text.content))
        }
    };
    let document = Document::new(&revision.title, &body);
    search_index::put_revision(conn, page, revision.id, &document).await
}

/// Publishes a page now; a publication that waited for its time is cancelled.
pub async fn publish(
    conn: &mut Conn,
    notebook: NotebookId,
    page: PageId,
    revision: Option<RevisionId>,
    body: Option<(RevisionId, Body)>,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        let (notebook, mut page) = lock(conn, notebook, page).await?;
        if page.deleted_at.is_some() || notebook.deleted_at.is_some() {
            return Err(in_the_trash());
        }
        let revision = pinned(conn, &page, revision).await?;
        show(conn, &mut page, &revision, body, log.date).await?;
        jobs::cancel_unique(conn, &schedule_key(page.id)).await?;
        let public = is_public(&notebook, &page);
        record(
            conn,
            &notebook,
            &page,
            PageEventKind::Published,
            public,
            &log,
        )
        .await
    })
}

/// Pins a revision to be published at a time.
pub async fn schedule(
    conn: &mut Conn,
    schedule: Schedule,
    revision: Option<RevisionId>,
    job: NewJob,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        let (notebook, page) = lock(conn, schedule.notebook_id, schedule.page_id).await?;
        if page.deleted_at.is_some() || notebook.deleted_at.is_some() {
            return Err(in_the_trash());
        }
        let revision = pinned(conn, &page, revision).await?;
        if revision.kind == RevisionKind::Autosave {
            keep(conn, revision.id, RevisionKind::Saved).await?;
        }
        diesel::update(pages::table.find(page.id))
            .set((
                pages::publish_at.eq(Some(schedule.at)),
                pages::publish_revision_id.eq(Some(revision.id)),
                pages::updated_at.eq(log.date),
            ))
            .execute(conn)
            .await?;
        jobs::enqueue(conn, job).await?;
        logs::insert(conn, &log).await
    })
}

/// Publishes what was pinned for a time, unless that was cancelled or changed meanwhile; says whether.
pub async fn publish_due(
    conn: &mut Conn,
    schedule: Schedule,
    body: Option<(RevisionId, Body)>,
    log: Log,
) -> Result<bool> {
    transaction!(conn, {
        let (notebook, mut page) = lock(conn, schedule.notebook_id, schedule.page_id).await?;
        let (Some(at), Some(revision)) = (page.publish_at, page.publish_revision_id) else {
            return Ok(false);
        };
        if at != schedule.at || page.deleted_at.is_some() {
            return Ok(false);
        }
        let revision = pinned(conn, &page, Some(revision)).await?;
        show(conn, &mut page, &revision, body, log.date).await?;
        let public = is_public(&notebook, &page);
        record(
            conn,
            &notebook,
            &page,
            PageEventKind::Published,
            public,
            &log,
        )
        .await?;
        Ok(true)
    })
}

/// Cancels a publication that waits for its time; false where none does.
pub async fn cancel(conn: &mut Conn, notebook: NotebookId, page: PageId, log: Log) -> Result<bool> {
    transaction!(conn, {
        let (_, page) = lock(conn, notebook, page).await?;
        if page.publish_at.is_none() {
            return Ok(false);
        }
        diesel::update(pages::table.find(page.id))
            .set((
                pages::publish_at.eq(None::<Timestamp>),
                pages::publish_revision_id.eq(None::<RevisionId>),
                pages::updated_at.eq(log.date),
            ))
            .execute(conn)
            .await?;
        jobs::cancel_unique(conn, &schedule_key(page.id)).await?;
        logs::insert(conn, &log).await?;
        Ok(true)
    })
}

/// Takes a page back from the public.
pub async fn unpublish(
    conn: &mut Conn,
    notebook: NotebookId,
    page: PageId,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        let (notebook, page) = lock(conn, notebook, page).await?;
        if page.published_revision_id.is_none() {
            return Ok(());
        }
        let public = is_public(&notebook, &page);
        diesel::update(pages::table.find(page.id))
            .set((
                pages::published_revision_id.eq(None::<RevisionId>),
                pages::published_title.eq(None::<String>),
                pages::published_word_count.eq(None::<i32>),
                pages::published_at.eq(None::<Timestamp>),
                pages::updated_at.eq(log.date),
            ))
            .execute(conn)
            .await?;
        image_uses::unpublished(conn, page.id).await?;
        let mut page = page;
        let shown = page.published_revision_id.take();
        search_index::prune(conn, &page).await?;
        page.published_revision_id = shown;
        record(
            conn,
            &notebook,
            &page,
            PageEventKind::Unpublished,
            public,
            &log,
        )
        .await
    })
}

/// Publishes a notebook and the draft of every page in it.
pub async fn publish_notebook(conn: &mut Conn, id: NotebookId, log: Log) -> Result<()> {
    transaction!(conn, {
        let Some(notebook) = notebook_changes::lock(conn, id).await? else {
            return Ok(());
        };
        if notebook.deleted_at.is_some() {
            return Err(crate::notebooks::in_the_trash());
        }
        let now = log.date;
        let drafts: Vec<Page> = pages::table
            .filter(pages::notebook_id.eq(id))
            .filter(pages::deleted_at.is_null())
            .order(pages::position)
            .select(Page::as_select())
            .load(conn)
            .await?;
        let published_at = notebook.published_at.unwrap_or(now);
        diesel::update(notebooks::table.find(id))
            .set((
                notebooks::published_at.eq(Some(published_at)),
                notebooks::published_order.eq(published_at),
            ))
            .execute(conn)
            .await?;
        let mut seq = notebook.event_seq;
        for mut page in drafts {
            let unchanged = page.published_revision_id == Some(page.current_revision_id);
            if unchanged && notebook.published_at.is_some() {
                continue;
            }
            if !unchanged {
                let revision = pinned(conn, &page, None).await?;
                if page.publish_at.is_some() {
                    jobs::cancel_unique(conn, &schedule_key(page.id)).await?;
                }
                show(conn, &mut page, &revision, None, now).await?;
            }
            let event = Event {
                notebook_id: id,
                seq,
                page_id: page.id,
                revision_id: page.published_revision_id,
                revision_number: page.revision_count,
                actor_id: log.user_id,
                kind: PageEventKind::Published,
                client_id: None,
                public: true,
                at: now,
            };
            events::insert(conn, &event).await?;
            seq += 1;
        }
        notebook_changes::touch(conn, id, seq, now).await?;
        logs::insert(conn, &log).await
    })
}
