//! SQL that reads notebooks and their collaborators.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{Backend, Conn};
use crate::db::schema::{collaborators, notebooks};
use crate::db::top_of_each::TopOfEach;
use crate::error::Result;
use crate::graphql::paging::keyset;
use crate::id::{CollaboratorId, NotebookId, UserId};
use crate::notebooks::{
    Collaborator, CollaboratorRole, Notebook, NotebookOrderField, Range, Scope,
};

/// A notebook and the viewer's share in it.
pub type Shared = (Notebook, Option<CollaboratorRole>);

/// Notebooks with the share that `viewer` has in each, which is none for anonymous ones.
macro_rules! shared {
    ($viewer:expr) => {
        notebooks::table.left_join(
            collaborators::table.on(collaborators::notebook_id
                .eq(notebooks::id)
                .and(collaborators::user_id.eq($viewer.unwrap_or(UserId(Uuid::nil()))))),
        )
    };
}

/// Narrows a boxed query to a scope.
macro_rules! scoped {
    ($query:expr, $scope:expr) => {{
        let query = $query;
        match $scope {
            Scope::Public(owner) => {
                let query = query
                    .filter(notebooks::published_at.is_not_null())
                    .filter(notebooks::deleted_at.is_null());
                match owner {
                    Some(owner) => query.filter(notebooks::owner_id.eq(owner)),
                    None => query,
                }
            }
            Scope::OwnedBy(owner) => query
                .filter(notebooks::owner_id.eq(owner))
                .filter(notebooks::deleted_at.is_null()),
            Scope::TrashOf(owner) => query
                .filter(notebooks::owner_id.eq(owner))
                .filter(notebooks::deleted_at.is_not_null()),
            // The share stands in the joined row.
            Scope::SharedWith(_) => query
                .filter(collaborators::user_id.is_not_null())
                .filter(notebooks::deleted_at.is_null()),
        }
    }};
}

/// One notebook.
pub async fn find(
    conn: &mut Conn,
    id: NotebookId,
    viewer: Option<UserId>,
) -> Result<Option<Shared>> {
    let row = shared!(viewer)
        .filter(notebooks::id.eq(id))
        .select((Notebook::as_select(), collaborators::role.nullable()))
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// Several notebooks.
pub async fn by_ids(
    conn: &mut Conn,
    ids: Vec<NotebookId>,
    viewer: Option<UserId>,
) -> Result<Vec<Shared>> {
    let rows = shared!(viewer)
        .filter(notebooks::id.eq_any(ids))
        .select((Notebook::as_select(), collaborators::role.nullable()))
        .load(conn)
        .await?;
    Ok(rows)
}

/// A page of a list, one row longer than the window holds where there is more.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    range: Range,
    descending: bool,
    viewer: Option<UserId>,
) -> Result<Vec<Shared>> {
    let query = scoped!(shared!(viewer).into_boxed::<Backend>(), scope);
    macro_rules! load {
        ($window:expr, $key:expr) => {
            keyset!(query, $window, descending, $key, notebooks::id)
                .select((Notebook::as_select(), collaborators::role.nullable()))
                .load(conn)
                .await?
        };
    }
    Ok(match range {
        Range::Title(window) => load!(window, notebooks::title_key),
        Range::Time(NotebookOrderField::UpdatedAt, window) => load!(window, notebooks::updated_at),
        Range::Time(NotebookOrderField::PublishedAt, window) => {
            load!(window, notebooks::published_order)
        }
        Range::Time(_, window) => load!(window, notebooks::created_at),
    })
}

/// How many notebooks a scope has.
pub async fn count(conn: &mut Conn, scope: Scope, viewer: Option<UserId>) -> Result<i64> {
    let count = scoped!(
        shared!(viewer)
            .select(diesel::dsl::count_star())
            .into_boxed::<Backend>(),
        scope
    )
    .get_result(conn)
    .await?;
    Ok(count)
}

/// The newest notebooks of each owner: one statement for a list of users.
pub async fn newest_of(
    conn: &mut Conn,
    owners: Vec<UserId>,
    drafts: bool,
    limit: i64,
) -> Result<Vec<Notebook>> {
    let filter = notebooks::owner_id
        .eq_any(owners)
        .and(notebooks::deleted_at.is_null())
        .and(
            notebooks::published_at
                .is_not_null()
                .or(drafts.into_sql::<diesel::sql_types::Bool>()),
        );
    let rows = TopOfEach {
        selection: Notebook::as_select(),
        filter,
        table: "notebooks",
        parent: "owner_id",
        order: &["created_at", "id"],
        descending: true,
        limit,
    }
    .load(conn)
    .await?;
    Ok(rows)
}

/// How many notebooks each owner has.
pub async fn count_of(
    conn: &mut Conn,
    owners: Vec<UserId>,
    drafts: bool,
) -> Result<Vec<(UserId, i64)>> {
    let rows = notebooks::table
        .filter(notebooks::owner_id.eq_any(owners))
        .filter(notebooks::deleted_at.is_null())
        .filter(
            notebooks::published_at
                .is_not_null()
                .or(drafts.into_sql::<diesel::sql_types::Bool>()),
        )
        .group_by(notebooks::owner_id)
        .select((notebooks::owner_id, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(rows)
}

/// One share.
pub async fn collaborator(conn: &mut Conn, id: CollaboratorId) -> Result<Option<Collaborator>> {
    let row = collaborators::table
        .find(id)
        .select(Collaborator::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// Everybody who shares these notebooks, the earliest first.
pub async fn collaborators_of(conn: &mut Conn, ids: Vec<NotebookId>) -> Result<Vec<Collaborator>> {
    let rows = collaborators::table
        .filter(collaborators::notebook_id.eq_any(ids))
        .order((collaborators::created_at, collaborators::id))
        .select(Collaborator::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}
