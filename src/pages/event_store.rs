//! SQL of events: what happened to pages, numbered by their notebook.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Conn;
use crate::db::schema::{events, revisions};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{NotebookId, PageId};
use crate::pages::{Event, PageEventKind};

/// Writes an event; called inside the transaction of the change, which holds the notebook's lock.
pub async fn insert(conn: &mut Conn, event: &Event) -> Result<()> {
    diesel::insert_into(events::table)
        .values(event)
        .execute(conn)
        .await?;
    Ok(())
}

/// What happened after number `seq` of a notebook, perhaps to one page alone, the earliest first.
pub async fn list(
    conn: &mut Conn,
    notebook: NotebookId,
    page: Option<PageId>,
    seq: i64,
    limit: i64,
) -> Result<Vec<Event>> {
    let query = events::table
        .filter(events::notebook_id.eq(notebook))
        .filter(events::seq.gt(seq))
        .order(events::seq)
        .limit(limit)
        .select(Event::as_select());
    let rows = match page {
        Some(page) => query.filter(events::page_id.eq(page)).load(conn).await?,
        None => query.load(conn).await?,
    };
    Ok(rows)
}

/// The number of the event that stored a page's newest revision up to `revision_number`.
pub async fn seq_of_revision(
    conn: &mut Conn,
    page: PageId,
    revision_number: i32,
) -> Result<Option<i64>> {
    let writes = [
        PageEventKind::Created,
        PageEventKind::Autosaved,
        PageEventKind::Saved,
        PageEventKind::Merged,
        PageEventKind::Restored,
    ];
    // Out of the trash is RESTORED too, with the number of a revision that was stored before it.
    let seq = events::table
        .filter(events::page_id.eq(page))
        .filter(events::revision_number.le(revision_number))
        .filter(events::kind.eq_any(writes))
        .order((events::revision_number.desc(), events::seq.asc()))
        .select(events::seq)
        .first(conn)
        .await
        .optional()?;
    Ok(seq)
}

/// Forgets autosaves from before `until` whose revision has been thinned out; gives how many.
pub async fn thin(conn: &mut Conn, until: Timestamp) -> Result<usize> {
    let gone = diesel::delete(
        events::table
            .filter(events::kind.eq(PageEventKind::Autosaved))
            .filter(events::at.lt(until))
            .filter(not(exists(
                revisions::table.filter(revisions::id.nullable().eq(events::revision_id)),
            ))),
    )
    .execute(conn)
    .await?;
    Ok(gone)
}
