//! SQL that changes notebooks and their collaborators.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, logs, search_index, transaction};
use crate::db::schema::{collaborators, notebooks};
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{NotebookId, UserId};
use crate::logs::Log;
use crate::notebooks::{Change, Collaborator, Notebook};

/// The most people that a notebook can be shared with.
const MAX_COLLABORATORS: i64 = 100;

/// Locks a notebook to the end of the transaction and numbers its next event; `None` where it is gone.
///
/// The update is the lock: every dialect holds the row from here on.
pub async fn lock(conn: &mut Conn, id: NotebookId) -> Result<Option<Notebook>> {
    let found = diesel::update(notebooks::table.find(id))
        .set(notebooks::event_seq.eq(notebooks::event_seq + 1))
        .execute(conn)
        .await?;
    if found == 0 {
        return Ok(None);
    }
    let notebook = notebooks::table
        .find(id)
        .select(Notebook::as_select())
        .first(conn)
        .await?;
    Ok(Some(notebook))
}

/// Marks a locked notebook as changed, and its events as numbered up to `event_seq`.
pub async fn touch(conn: &mut Conn, id: NotebookId, event_seq: i64, now: Timestamp) -> Result<()> {
    diesel::update(notebooks::table.find(id))
        .set((
            notebooks::event_seq.eq(event_seq),
            notebooks::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Stores a new notebook.
pub async fn insert(conn: &mut Conn, notebook: Notebook, log: Log) -> Result<()> {
    transaction!(conn, {
        diesel::insert_into(notebooks::table)
            .values(&notebook)
            .execute(conn)
            .await?;
        search_index::put_notebook(conn, &notebook).await?;
        logs::insert(conn, &log).await
    })
}

/// Changes what `change` names.
pub async fn update(conn: &mut Conn, id: NotebookId, change: Change, log: Log) -> Result<()> {
    transaction!(conn, {
        diesel::update(notebooks::table.find(id))
            .set(&change)
            .execute(conn)
            .await?;
        if change.title.is_some() || change.description.is_some() {
            // Read behind the update's lock: another change may just have been committed.
            let notebook = notebooks::table.find(id).select(Notebook::as_select());
            if let Some(notebook) = notebook.first(conn).await.optional()? {
                search_index::put_notebook(conn, &notebook).await?;
            }
        }
        logs::insert(conn, &log).await
    })
}

/// Puts a notebook into the trash, or takes it out.
pub async fn set_deleted(
    conn: &mut Conn,
    id: NotebookId,
    deleted_at: Option<Timestamp>,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        diesel::update(notebooks::table.find(id))
            .set((
                notebooks::deleted_at.eq(deleted_at),
                notebooks::updated_at.eq(log.date),
            ))
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await
    })
}

/// Takes a notebook back from the public; its pages keep their state.
pub async fn unpublish(conn: &mut Conn, id: NotebookId, log: Log) -> Result<()> {
    transaction!(conn, {
        diesel::update(notebooks::table.find(id))
            .set((
                notebooks::published_at.eq(None::<Timestamp>),
                notebooks::published_order.eq(Timestamp::EPOCH),
                notebooks::updated_at.eq(log.date),
            ))
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await
    })
}

/// Removes a notebook that is in the trash, with everything in it.
pub async fn delete(conn: &mut Conn, id: NotebookId, log: Log) -> Result<bool> {
    transaction!(conn, {
        let gone = diesel::delete(
            notebooks::table
                .find(id)
                .filter(notebooks::deleted_at.is_not_null()),
        )
        .execute(conn)
        .await?;
        if gone > 0 {
            logs::insert(conn, &log).await?;
        }
        Ok(gone > 0)
    })
}

/// Shares a notebook, or changes a share.
pub async fn share(conn: &mut Conn, share: Collaborator, log: Log) -> Result<()> {
    transaction!(conn, {
        // Serialises shares of one notebook, so that neither the limit nor uniqueness is a race.
        lock(conn, share.notebook_id).await?;
        let person = collaborators::table
            .filter(collaborators::notebook_id.eq(share.notebook_id))
            .filter(collaborators::user_id.eq(share.user_id));
        let changed = diesel::update(person)
            .set(collaborators::role.eq(share.role))
            .execute(conn)
            .await?;
        if changed == 0 {
            let known: i64 = collaborators::table
                .filter(collaborators::notebook_id.eq(share.notebook_id))
                .count()
                .get_result(conn)
                .await?;
            if known >= MAX_COLLABORATORS {
                return Err(Error::user(
                    UserErrorCode::LimitReached,
                    ["userId"],
                    format!("A notebook has at most {MAX_COLLABORATORS} collaborators."),
                ));
            }
            diesel::insert_into(collaborators::table)
                .values(&share)
                .execute(conn)
                .await?;
        }
        logs::insert(conn, &log).await
    })
}

/// Ends a share; false where there was none.
pub async fn unshare(conn: &mut Conn, id: NotebookId, user_id: UserId, log: Log) -> Result<bool> {
    transaction!(conn, {
        let gone = diesel::delete(
            collaborators::table
                .filter(collaborators::notebook_id.eq(id))
                .filter(collaborators::user_id.eq(user_id)),
        )
        .execute(conn)
        .await?;
        if gone > 0 {
            logs::insert(conn, &log).await?;
        }
        Ok(gone > 0)
    })
}
