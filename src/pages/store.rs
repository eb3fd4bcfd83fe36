//! SQL that reads pages.

use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::Conn;
use crate::db::schema::{collaborators, notebooks, pages};
use crate::db::top_of_each::TopOfEach;
use crate::error::Result;
use crate::graphql::paging::Window;
use crate::id::{NotebookId, PageId, UserId};
use crate::notebooks::Notebook;
use crate::pages::{Counts, Page, Placed, Shelf};

/// Pages with their notebooks and the share that `viewer` has in them.
macro_rules! placed {
    ($viewer:expr) => {
        pages::table
            .inner_join(notebooks::table)
            .left_join(
                collaborators::table.on(collaborators::notebook_id
                    .eq(notebooks::id)
                    .and(collaborators::user_id.eq($viewer.unwrap_or(UserId(Uuid::nil()))))),
            )
            .select((
                Page::as_select(),
                Notebook::as_select(),
                collaborators::role.nullable(),
            ))
    };
}

/// One page.
pub async fn find(conn: &mut Conn, id: PageId, viewer: Option<UserId>) -> Result<Option<Placed>> {
    let row = placed!(viewer)
        .filter(pages::id.eq(id))
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// Several pages.
pub async fn by_ids(
    conn: &mut Conn,
    ids: Vec<PageId>,
    viewer: Option<UserId>,
) -> Result<Vec<Placed>> {
    let rows = placed!(viewer)
        .filter(pages::id.eq_any(ids))
        .load(conn)
        .await?;
    Ok(rows)
}

/// The same part of several notebooks' lists of pages, each one row longer than the window where there
/// is more, in one statement.
pub async fn list_of(
    conn: &mut Conn,
    notebook_ids: Vec<NotebookId>,
    shelf: Shelf,
    window: Window<(i32, PageId)>,
) -> Result<Vec<Page>> {
    let (after, after_id) = window.after.unwrap_or((i32::MIN, PageId(Uuid::nil())));
    let (before, before_id) = window.before.unwrap_or((i32::MAX, PageId(Uuid::max())));
    let within = pages::notebook_id
        .eq_any(notebook_ids)
        .and(pages::position.ge(after))
        .and(pages::position.gt(after).or(pages::id.gt(after_id)))
        .and(pages::position.le(before))
        .and(pages::position.lt(before).or(pages::id.lt(before_id)));
    macro_rules! load {
        ($filter:expr) => {
            TopOfEach {
                selection: Page::as_select(),
                filter: $filter,
                table: "pages",
                parent: "notebook_id",
                order: &["position", "id"],
                descending: window.backwards,
                limit: window.limit(),
            }
            .load(conn)
            .await?
        };
    }
    Ok(match shelf {
        Shelf::Public => load!(
            within
                .and(pages::deleted_at.is_null())
                .and(pages::published_revision_id.is_not_null())
        ),
        Shelf::Drafts => load!(within.and(pages::deleted_at.is_null())),
        Shelf::Trash => load!(within.and(pages::deleted_at.is_not_null())),
    })
}

/// How many pages and words several notebooks have on a shelf.
pub async fn count_of(
    conn: &mut Conn,
    notebook_ids: Vec<NotebookId>,
    shelf: Shelf,
) -> Result<Vec<(NotebookId, Counts)>> {
    let query = pages::table
        .filter(pages::notebook_id.eq_any(notebook_ids))
        .group_by(pages::notebook_id);
    type Row = (NotebookId, i64, Option<i64>);
    let rows: Vec<Row> = match shelf {
        Shelf::Public => {
            query
                .filter(pages::deleted_at.is_null())
                .filter(pages::published_revision_id.is_not_null())
                .select((
                    pages::notebook_id,
                    count_star(),
                    sum(pages::published_word_count),
                ))
                .load(conn)
                .await?
        }
        Shelf::Drafts => {
            query
                .filter(pages::deleted_at.is_null())
                .select((pages::notebook_id, count_star(), sum(pages::word_count)))
                .load(conn)
                .await?
        }
        Shelf::Trash => {
            query
                .filter(pages::deleted_at.is_not_null())
                .select((pages::notebook_id, count_star(), sum(pages::word_count)))
                .load(conn)
                .await?
        }
    };
    Ok(rows
        .into_iter()
        .map(|(notebook, pages, words)| {
            let counts = Counts {
                pages: i32::try_from(pages).unwrap_or(i32::MAX),
                words: i32::try_from(words.unwrap_or(0)).unwrap_or(i32::MAX),
            };
            (notebook, counts)
        })
        .collect())
}
