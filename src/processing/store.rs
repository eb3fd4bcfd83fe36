//! SQL of what was recognised.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, transaction};
use crate::db::schema::processed_records as records;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::{Window, keyset};
use crate::id::{ProcessedRecordId, UserId};
use crate::processing::ProcessedRecord;

/// Keeps a record; called inside the caller's transaction.
pub async fn insert(conn: &mut Conn, record: &ProcessedRecord) -> Result<()> {
    diesel::insert_into(records::table)
        .values(record)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a record in a transaction of its own.
pub async fn create(conn: &mut Conn, record: ProcessedRecord) -> Result<()> {
    transaction!(conn, { insert(conn, &record).await })
}

/// The record of that id.
pub async fn find(conn: &mut Conn, id: ProcessedRecordId) -> Result<Option<ProcessedRecord>> {
    let found = records::table
        .find(id)
        .select(ProcessedRecord::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// A page of somebody's records, the newest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    owner: UserId,
    window: Window<(Timestamp, ProcessedRecordId)>,
) -> Result<Vec<ProcessedRecord>> {
    let own = records::table
        .filter(records::owner_id.eq(owner))
        .into_boxed();
    let found = keyset!(own, window, true, records::created_at, records::id)
        .select(ProcessedRecord::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// How many records somebody has.
pub async fn count(conn: &mut Conn, owner: UserId) -> Result<i64> {
    let count = records::table
        .filter(records::owner_id.eq(owner))
        .count()
        .get_result(conn)
        .await?;
    Ok(count)
}
