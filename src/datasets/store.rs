//! SQL of datasets.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, hold_user, logs, transaction};
use crate::datasets::{Dataset, too_many};
use crate::db::schema::datasets;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::{Window, keyset};
use crate::id::{DatasetId, UserId};
use crate::logs::Log;

/// The dataset of that id.
pub async fn find(conn: &mut Conn, id: DatasetId) -> Result<Option<Dataset>> {
    let found = datasets::table
        .find(id)
        .select(Dataset::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Several datasets.
pub async fn by_ids(conn: &mut Conn, ids: Vec<DatasetId>) -> Result<Vec<Dataset>> {
    let found = datasets::table
        .filter(datasets::id.eq_any(ids))
        .select(Dataset::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// What the program brought under this name.
pub async fn find_brought(conn: &mut Conn, name: String) -> Result<Option<Dataset>> {
    let found = datasets::table
        .filter(datasets::owner_id.is_null())
        .filter(datasets::name.eq(name))
        .select(Dataset::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Somebody's datasets and what the program brought, or all; the newest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    owner: Option<UserId>,
    window: Window<(Timestamp, DatasetId)>,
) -> Result<Vec<Dataset>> {
    let found = keyset!(
        visible(owner),
        window,
        true,
        datasets::created_at,
        datasets::id
    )
    .select(Dataset::as_select())
    .load(conn)
    .await?;
    Ok(found)
}

/// How many there are of these.
pub async fn count(conn: &mut Conn, owner: Option<UserId>) -> Result<i64> {
    Ok(visible(owner).count().get_result(conn).await?)
}

/// How many somebody has.
pub async fn owned(conn: &mut Conn, owner: UserId) -> Result<i64> {
    let owned = datasets::table.filter(datasets::owner_id.eq(owner));
    Ok(owned.count().get_result(conn).await?)
}

fn visible(owner: Option<UserId>) -> datasets::BoxedQuery<'static, Backend> {
    let query = datasets::table.into_boxed();
    match owner {
        Some(owner) => query.filter(
            datasets::owner_id
                .eq(owner)
                .or(datasets::owner_id.is_null()),
        ),
        None => query,
    }
}

/// Keeps a dataset, where its owner has fewer than `most`.
pub async fn insert(conn: &mut Conn, dataset: Dataset, most: i64, log: Log) -> Result<()> {
    transaction!(conn, {
        if let Some(owner) = dataset.owner_id {
            hold_user(conn, owner).await?;
            if owned(conn, owner).await? >= most {
                return Err(too_many(most));
            }
        }
        diesel::insert_into(datasets::table)
            .values(&dataset)
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await
    })
}

/// Removes a dataset; gives whether there was one. Models that were trained on it stay.
pub async fn delete(conn: &mut Conn, id: DatasetId, log: Log) -> Result<bool> {
    transaction!(conn, {
        let gone = diesel::delete(datasets::table.find(id))
            .execute(conn)
            .await?;
        if gone > 0 {
            logs::insert(conn, &log).await?;
        }
        Ok(gone > 0)
    })
}
