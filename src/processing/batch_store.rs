//! SQL of batches: the items of a job, each done once.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, jobs, processed_records, transaction};
use crate::db::schema::batch_items as items;
use crate::db::types::JsonValue;
use crate::error::{Error, Result};
use crate::id::JobId;
use crate::jobs::{Lease, NewJob};
use crate::processing::{BatchItem, ProcessedRecord};

/// Writes a batch and the job that works on it, unless its owner has `most` unfinished ones already.
pub async fn create(
    conn: &mut Conn,
    job: NewJob,
    inputs: Vec<JsonValue>,
    most: i64,
) -> Result<Option<JobId>> {
    transaction!(conn, {
        let Some(job_id) = jobs::enqueue_within(conn, job, most).await? else {
            return Ok(None);
        };
        for (number, input) in (0_i32..).zip(inputs) {
            diesel::insert_into(items::table)
                .values(BatchItem {
                    job_id,
                    number,
                    input: Some(input),
                    outcome: None,
                })
                .execute(conn)
                .await?;
        }
        Ok(Some(job_id))
    })
}

/// The first item of a batch that is not done.
pub async fn next(conn: &mut Conn, job: JobId) -> Result<Option<BatchItem>> {
    let found = items::table
        .filter(items::job_id.eq(job))
        .filter(items::outcome.is_null())
        .order(items::number.asc())
        .select(BatchItem::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Notes what came of an item, with the record that is kept of it, for as long as the lease holds.
pub async fn finish_item(
    conn: &mut Conn,
    lease: Lease,
    number: i32,
    outcome: JsonValue,
    record: Option<ProcessedRecord>,
) -> Result<()> {
    transaction!(conn, {
        if !jobs::hold(conn, lease).await? {
            return Err(Error::internal("the batch belongs to another worker now"));
        }
        let undone = items::table
            .filter(items::job_id.eq(lease.job))
            .filter(items::number.eq(number))
            .filter(items::outcome.is_null());
        let done = diesel::update(undone)
            .set((
                items::outcome.eq(outcome),
                items::input.eq(None::<JsonValue>),
            ))
            .execute(conn)
            .await?;
        if done > 0
            && let Some(record) = &record
        {
            processed_records::insert(conn, record).await?;
        }
        Ok(())
    })
}

/// What came of the items, in their order.
pub async fn outcomes(conn: &mut Conn, job: JobId) -> Result<Vec<JsonValue>> {
    let found: Vec<Option<JsonValue>> = items::table
        .filter(items::job_id.eq(job))
        .order(items::number.asc())
        .select(items::outcome)
        .load(conn)
        .await?;
    Ok(found.into_iter().flatten().collect())
}
