//! SQL of filling the index: what has no document yet, or one of another version of the analyser.
//!
//! A document is only stored for what still is as it was read: the row is locked first, as by those who change it.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, hold_user, search_index, transaction};
use crate::accounts::User;
use crate::db::schema::{notebooks, pages, revisions, search_documents as documents, users};
use crate::error::Result;
use crate::id::{NotebookId, PageId, RevisionId, UserId};
use crate::notebooks::Notebook;
use crate::pages::{ContentFormat, Page, Text};
use crate::search::Document;
use crate::text::analysis::VERSION;

/// A revision to be indexed, with its text.
pub type Unread = (PageId, RevisionId, ContentFormat, Text);

/// Drafts and published texts of pages behind `after`, in the order of the pages.
pub async fn revisions(conn: &mut Conn, after: PageId, limit: i64) -> Result<Vec<Unread>> {
    let known = documents::table
        .filter(documents::page_id.eq(pages::id.nullable()))
        .filter(documents::revision_id.eq(revisions::id.nullable()))
        .filter(documents::analyser.eq(VERSION));
    let rows = pages::table
        .inner_join(revisions::table)
        .filter(pages::id.gt(after))
        .filter(
            revisions::id
                .eq(pages::current_revision_id)
                .or(revisions::id.nullable().eq(pages::published_revision_id)),
        )
        .filter(not(exists(known)))
        .order((pages::id, revisions::id))
        .limit(limit)
        .select((
            pages::id,
            revisions::id,
            revisions::format,
            Text::as_select(),
        ))
        .load(conn)
        .await?;
    Ok(rows)
}

/// Notebooks.
pub async fn notebooks(conn: &mut Conn, limit: i64) -> Result<Vec<NotebookId>> {
    let known = documents::table
        .filter(documents::notebook_id.eq(notebooks::id.nullable()))
        .filter(documents::page_id.is_null())
        .filter(documents::analyser.eq(VERSION));
    let rows = notebooks::table
        .filter(not(exists(known)))
        .order(notebooks::id)
        .limit(limit)
        .select(notebooks::id)
        .load(conn)
        .await?;
    Ok(rows)
}

/// Accounts.
pub async fn users(conn: &mut Conn, limit: i64) -> Result<Vec<UserId>> {
    let known = documents::table
        .filter(documents::user_id.eq(users::id.nullable()))
        .filter(documents::analyser.eq(VERSION));
    let rows = users::table
        .filter(not(exists(known)))
        .order(users::id)
        .limit(limit)
        .select(users::id)
        .load(conn)
        .await?;
    Ok(rows)
}

/// Has every document count as one of another version.
pub async fn forget(conn: &mut Conn) -> Result<()> {
    transaction!(conn, {
        diesel::update(documents::table)
            .set(documents::analyser.eq(0))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Stores the documents of revisions that still are what is read of their pages.
pub async fn fill_revisions(
    conn: &mut Conn,
    read: Vec<(PageId, RevisionId, Document)>,
) -> Result<()> {
    transaction!(conn, {
        for (id, revision, document) in &read {
            let held = diesel::update(pages::table.find(*id))
                .filter(
                    pages::current_revision_id
                        .eq(*revision)
                        .or(pages::published_revision_id.eq(*revision)),
                )
                .set(pages::updated_at.eq(pages::updated_at))
                .execute(conn)
                .await?;
            if held > 0 {
                let page = pages::table.find(*id).select(Page::as_select());
                let page = page.first(conn).await?;
                search_index::prune(conn, &page).await?;
                search_index::put_revision(conn, &page, *revision, document).await?;
            }
        }
        Ok(())
    })
}

/// Stores the documents of notebooks.
pub async fn fill_notebooks(conn: &mut Conn, ids: Vec<NotebookId>) -> Result<()> {
    transaction!(conn, {
        for id in ids {
            let held = diesel::update(notebooks::table.find(id))
                .set(notebooks::updated_at.eq(notebooks::updated_at))
                .execute(conn)
                .await?;
            if held > 0 {
                let notebook = notebooks::table.find(id).select(Notebook::as_select());
                let notebook = notebook.first(conn).await?;
                search_index::put_notebook(conn, &notebook).await?;
            }
        }
        Ok(())
    })
}

/// Stores the documents of accounts.
pub async fn fill_users(conn: &mut Conn, ids: Vec<UserId>) -> Result<()> {
    transaction!(conn, {
        for id in ids {
            if hold_user(conn, id).await? {
                let user = users::table.find(id).select(User::as_select());
                let user = user.first(conn).await?;
                search_index::put_user(conn, &user).await?;
            }
        }
        Ok(())
    })
}
