//! SQL of bringing an older text back, and of thinning out autosaves.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::organising::{lock, record};
use super::saving::set_draft;
use super::{Conn, events, transaction};
use crate::db::schema::{client_sequences, edit_proposals, revisions};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{NotebookId, RevisionId};
use crate::logs::Log;
use crate::pages::{NewRevision, PageEventKind, Revision, RevisionKind, Text, in_the_trash};
use crate::search::Body;

/// Makes an older text the draft again, as a new revision.
pub async fn restore(
    conn: &mut Conn,
    notebook: NotebookId,
    revision: Revision,
    body: Body,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        let (notebook, mut page) = lock(conn, notebook, revision.page_id).await?;
        if page.deleted_at.is_some() || notebook.deleted_at.is_some() {
            return Err(in_the_trash());
        }
        let text: Text = revisions::table
            .find(revision.id)
            .select(Text::as_select())
            .first(conn)
            .await?;
        page.current_revision_id = RevisionId::new();
        page.revision_count += 1;
        page.title.clone_from(&text.title);
        page.word_count = revision.word_count;
        page.updated_at = log.date;
        let restored = NewRevision {
            id: page.current_revision_id,
            page_id: page.id,
            number: page.revision_count,
            kind: RevisionKind::Restored,
            author_id: log.user_id,
            ai_model: revision.ai_model.clone(),
            title: text.title,
            content: text.content,
            format: revision.format,
            word_count: revision.word_count,
            message: None,
            client_id: None,
            created_at: log.date,
            minute: log.date.minute_number(),
        };
        set_draft(conn, &page, &restored, Some(&body)).await?;
        record(conn, &notebook, &page, PageEventKind::Restored, false, &log).await
    })
}

/// Removes hidden autosaves: those hidden before `minutes_until` down to the last of each minute, those
/// hidden before `day_until` altogether. Gives how many went.
pub async fn thin(
    conn: &mut Conn,
    minutes_until: Timestamp,
    day_until: Timestamp,
) -> Result<usize> {
    let later = diesel::alias!(revisions as later);
    // What the AI proposes to change is compared with it.
    let proposed = edit_proposals::table.filter(edit_proposals::base_revision_id.eq(revisions::id));
    transaction!(conn, {
        let same_minute = later
            .filter(later.field(revisions::page_id).eq(revisions::page_id))
            .filter(later.field(revisions::number).gt(revisions::number))
            .filter(later.field(revisions::minute).eq(revisions::minute))
            .filter(later.field(revisions::hidden_at).is_not_null());
        let thinned = diesel::delete(
            revisions::table
                .filter(revisions::kind.eq(RevisionKind::Autosave))
                .filter(revisions::name.is_null())
                .filter(revisions::hidden_at.lt(Some(minutes_until)))
                .filter(not(exists(proposed)))
                .filter(exists(same_minute)),
        )
        .execute(conn)
        .await?;
        let outdated = diesel::delete(
            revisions::table
                .filter(revisions::kind.eq(RevisionKind::Autosave))
                .filter(revisions::name.is_null())
                .filter(revisions::hidden_at.lt(Some(day_until)))
                .filter(not(exists(proposed))),
        )
        .execute(conn)
        .await?;
        events::thin(conn, day_until).await?;
        diesel::delete(client_sequences::table.filter(client_sequences::updated_at.lt(day_until)))
            .execute(conn)
            .await?;
        Ok(thinned + outdated)
    })
}
