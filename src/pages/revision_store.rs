//! SQL that reads revisions, and names them.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, logs, transaction};
use crate::db::schema::revisions;
use crate::db::top_of_each::TopOfEach;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::Window;
use crate::id::{PageId, RevisionId};
use crate::logs::Log;
use crate::pages::{Revision, RevisionKind, Text};

/// One revision.
pub async fn find(conn: &mut Conn, id: RevisionId) -> Result<Option<Revision>> {
    let row = revisions::table
        .find(id)
        .select(Revision::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// Several revisions.
pub async fn by_ids(conn: &mut Conn, ids: Vec<RevisionId>) -> Result<Vec<Revision>> {
    let rows = revisions::table
        .filter(revisions::id.eq_any(ids))
        .select(Revision::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}

/// The texts of several revisions.
pub async fn texts(conn: &mut Conn, ids: Vec<RevisionId>) -> Result<Vec<(RevisionId, Text)>> {
    let rows = revisions::table
        .filter(revisions::id.eq_any(ids))
        .select((revisions::id, Text::as_select()))
        .load(conn)
        .await?;
    Ok(rows)
}

/// The revision before number `number` of a page, passing over what later autosaves took the place of.
pub async fn before(conn: &mut Conn, page: PageId, number: i32) -> Result<Option<Revision>> {
    let row = revisions::table
        .filter(revisions::page_id.eq(page))
        .filter(revisions::number.lt(number))
        .filter(revisions::hidden_at.is_null())
        .order(revisions::number.desc())
        .select(Revision::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// The same part of several pages' lists of revisions, newest first, each one row longer than the window
/// where there is more, in one statement.
pub async fn list_of(
    conn: &mut Conn,
    page_ids: Vec<PageId>,
    autosaves: bool,
    window: Window<(i32, RevisionId)>,
) -> Result<Vec<Revision>> {
    // Numbers are unique within a page and the list runs downwards.
    let below = window.after.map_or(i32::MAX, |(number, _)| number);
    let above = window.before.map_or(i32::MIN, |(number, _)| number);
    let within = revisions::page_id
        .eq_any(page_ids)
        .and(revisions::hidden_at.is_null())
        .and(revisions::number.lt(below))
        .and(revisions::number.gt(above));
    macro_rules! load {
        ($filter:expr) => {
            TopOfEach {
                selection: Revision::as_select(),
                filter: $filter,
                table: "revisions",
                parent: "page_id",
                order: &["number"],
                descending: !window.backwards,
                limit: window.limit(),
            }
            .load(conn)
            .await?
        };
    }
    Ok(if autosaves {
        load!(within)
    } else {
        load!(
            within.and(
                revisions::kind
                    .ne(RevisionKind::Autosave)
                    .or(revisions::name.is_not_null())
            )
        )
    })
}

/// How many revisions several pages have.
pub async fn count_of(
    conn: &mut Conn,
    page_ids: Vec<PageId>,
    autosaves: bool,
) -> Result<Vec<(PageId, i64)>> {
    let rows = revisions::table
        .filter(revisions::page_id.eq_any(page_ids))
        .filter(revisions::hidden_at.is_null())
        .filter(
            revisions::kind
                .ne(RevisionKind::Autosave)
                .or(revisions::name.is_not_null())
                .or(autosaves.into_sql::<diesel::sql_types::Bool>()),
        )
        .group_by(revisions::page_id)
        .select((revisions::page_id, count_star()))
        .load(conn)
        .await?;
    Ok(rows)
}

/// Names a revision, which keeps it and shows it again where it was hidden; or takes its name away.
pub async fn rename(
    conn: &mut Conn,
    id: RevisionId,
    name: Option<String>,
    log: Log,
) -> Result<Option<Revision>> {
    transaction!(conn, {
        let named = name.is_some();
        diesel::update(revisions::table.find(id))
            .set(revisions::name.eq(name))
            .execute(conn)
            .await?;
        if named {
            diesel::update(revisions::table.find(id))
                .set(revisions::hidden_at.eq(None::<Timestamp>))
                .execute(conn)
                .await?;
        }
        logs::insert(conn, &log).await?;
        find(conn, id).await
    })
}
