//! SQL of jobs: enqueued, found, counted, cancelled, deleted; what a worker does is in `leases`. Times are the database's.

#[path = "store/leases.rs"]
mod leases;
#[path = "store/lists.rs"]
mod lists;

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

pub use leases::{beat, claim, end, hold, hold_wanted};
pub use lists::{count, counts, dead, list, page};

use super::{Backend, Conn, begin, finish, hold_user, logs, now, skip_locked, transaction};
use crate::db::schema::jobs;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, Result};
use crate::id::JobId;
use crate::jobs::{Job, JobStatus, KEEP_FAILED, KEEP_FINISHED, MAX_ATTEMPTS, NewJob};
use crate::logs::Log;

/// How many rows one call deletes.
const BATCH: i64 = 500;

/// Writes a job; called inside the caller's transaction, and gone with it.
///
/// A unique key that a *waiting* job holds: that job gets the new time, payload, owner and subject and
/// as many attempts again, and its id is given. One that a *running* job holds: that job loses the key,
/// may end its attempt and is not tried again, and a new job is written.
pub async fn enqueue(conn: &mut Conn, job: NewJob) -> Result<JobId> {
    let now = super::now(conn).await?;
    let job = job.into_job(now);
    let Some(key) = job.unique_key.as_deref() else {
        diesel::insert_into(jobs::table)
            .values(&job)
            .execute(conn)
            .await?;
        return Ok(job.id);
    };
    // Another transaction may take or free the key between two of these statements.
    for _ in 0..10 {
        let waiting = jobs::table
            .filter(jobs::unique_key.eq(key))
            .filter(jobs::status.eq(JobStatus::Queued));
        // Attempts are never reset: an old worker's number must not become valid again.
        let replaced = diesel::update(waiting)
            .set((
                jobs::kind.eq(&job.kind),
                jobs::payload.eq(&job.payload),
                jobs::run_at.eq(job.run_at),
                jobs::max_attempts.eq(jobs::attempts + job.max_attempts),
                jobs::owner_id.eq(job.owner_id),
                jobs::subject_id.eq(job.subject_id.as_deref()),
                jobs::error.eq(None::<String>),
                jobs::user_error.eq(None::<String>),
            ))
            .execute(conn)
            .await?;
        if replaced > 0 {
            let id = jobs::table
                .filter(jobs::unique_key.eq(key))
                .select(jobs::id)
                .get_result(conn)
                .await?;
            return Ok(id);
        }
        let running = jobs::table
            .filter(jobs::unique_key.eq(key))
            .filter(jobs::status.eq(JobStatus::Running));
        diesel::update(running)
            .set((
                jobs::unique_key.eq(None::<String>),
                jobs::max_attempts.eq(jobs::attempts),
            ))
            .execute(conn)
            .await?;
        let inserted = diesel::insert_into(jobs::table)
            .values(&job)
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if inserted > 0 {
            return Ok(job.id);
        }
    }
    Err(Error::internal(format!(
        "too many writers want the unique key {key}"
    )))
}

/// Writes a job in a transaction of its own.
pub async fn enqueue_alone(conn: &mut Conn, job: NewJob) -> Result<JobId> {
    transaction!(conn, { enqueue(conn, job).await })
}

/// The same unless its owner has `most` unfinished ones of its kind already: then none is written.
pub async fn enqueue_bounded(conn: &mut Conn, job: NewJob, most: i64) -> Result<Option<JobId>> {
    transaction!(conn, { enqueue_within(conn, job, most).await })
}

/// [`enqueue_bounded`] inside the caller's transaction, which it begins: the owner's account is held from here on.
pub async fn enqueue_within(conn: &mut Conn, job: NewJob, most: i64) -> Result<Option<JobId>> {
    let (owner, kind) = job.whose();
    if let Some(owner) = owner {
        hold_user(conn, owner).await?;
    }
    let unfinished: i64 = jobs::table
        .filter(jobs::owner_id.eq(owner))
        .filter(jobs::kind.eq(kind))
        .filter(jobs::finished_at.is_null())
        .count()
        .get_result(conn)
        .await?;
    match unfinished < most {
        true => Ok(Some(enqueue(conn, job).await?)),
        false => Ok(None),
    }
}

/// Writes the job of a schedule for the current period of length `every`; gives whether this call did.
///
/// The id is made of kind and period, so that it is there once, also after the job has finished; the
/// unique key keeps a period from beginning while the job of an earlier one is unfinished.
pub async fn enqueue_period(conn: &mut Conn, kind: &'static str, every: Duration) -> Result<bool> {
    let now = super::now(conn).await?;
    let mut job = NewJob::new(kind, serde_json::Value::Null, now)
        .unique(format!("schedule:{kind}"))
        .into_job(now);
    job.id = crate::jobs::worker::period_id(kind, every, now);
    let inserted = diesel::insert_into(jobs::table)
        .values(&job)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted > 0)
}

/// The job of that id.
pub async fn find(conn: &mut Conn, id: JobId) -> Result<Option<Job>> {
    let job = jobs::table
        .find(id)
        .select(Job::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(job)
}

/// Several jobs.
pub async fn by_ids(conn: &mut Conn, ids: Vec<JobId>) -> Result<Vec<Job>> {
    let found = jobs::table
        .filter(jobs::id.eq_any(ids))
        .select(Job::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// The unfinished job that holds a unique key.
pub async fn find_unique(conn: &mut Conn, key: String) -> Result<Option<Job>> {
    let job = jobs::table
        .filter(jobs::unique_key.eq(key))
        .select(Job::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(job)
}

/// Cancels a job: a waiting one at once, a running one as soon as its worker notices (wake
/// `jobs::cancel_topic` after the commit). Gives whether there was something to cancel.
pub async fn cancel(conn: &mut Conn, id: JobId) -> Result<bool> {
    let now = super::now(conn).await?;
    // A waiting job may begin, and a running one be queued again, between the two statements.
    for _ in 0..3 {
        let waiting = jobs::table
            .filter(jobs::id.eq(id))
            .filter(jobs::status.eq(JobStatus::Queued));
        let stopped = diesel::update(waiting)
            .set((
                jobs::status.eq(JobStatus::Cancelled),
                jobs::unique_key.eq(None::<String>),
                jobs::cancel_requested_at.eq(now),
                jobs::finished_at.eq(now),
            ))
            .execute(conn)
            .await?;
        let running = jobs::table
            .filter(jobs::id.eq(id))
            .filter(jobs::status.eq(JobStatus::Running));
        if stopped > 0
            || diesel::update(running)
                .set(jobs::cancel_requested_at.eq(now))
                .execute(conn)
                .await?
                > 0
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// [`cancel`] in a transaction of its own.
pub async fn cancel_alone(conn: &mut Conn, id: JobId) -> Result<bool> {
    transaction!(conn, { cancel(conn, id).await })
}

/// Queues a job again that was given up, with as many attempts as a new one, and writes `log`; gives whether
/// it was one.
pub async fn retry(conn: &mut Conn, id: JobId, log: Log) -> Result<bool> {
    transaction!(conn, {
        let now = super::now(conn).await?;
        let given_up = jobs::table
            .filter(jobs::id.eq(id))
            .filter(jobs::status.eq(JobStatus::Failed));
        let queued = diesel::update(given_up)
            .set((
                jobs::status.eq(JobStatus::Queued),
                jobs::run_at.eq(now),
                jobs::max_attempts.eq(jobs::attempts + MAX_ATTEMPTS),
                jobs::finished_at.eq(None::<Timestamp>),
                jobs::cancel_requested_at.eq(None::<Timestamp>),
                jobs::progress.eq(0.0),
                jobs::message.eq(None::<String>),
                jobs::user_error.eq(None::<String>),
                jobs::result.eq(None::<JsonValue>),
            ))
            .execute(conn)
            .await?;
        if queued > 0 {
            logs::insert(conn, &log).await?;
        }
        Ok(queued > 0)
    })
}

/// Cancels the unfinished job that holds `key`, as [`cancel`] does; called inside the caller's transaction.
pub async fn cancel_unique(conn: &mut Conn, key: &str) -> Result<bool> {
    let id: Option<JobId> = jobs::table
        .filter(jobs::unique_key.eq(key))
        .select(jobs::id)
        .first(conn)
        .await
        .optional()?;
    match id {
        Some(id) => cancel(conn, id).await,
        None => Ok(false),
    }
}

/// Deletes some of the jobs that finished long ago; gives how many, at most a batch.
pub async fn delete_old(conn: &mut Conn) -> Result<usize> {
    let now = super::now(conn).await?;
    let before = |keep: Duration| now.plus_seconds(-i64::try_from(keep.as_secs()).unwrap_or(0));
    let old: Vec<JobId> = jobs::table
        .filter(
            jobs::finished_at
                .lt(before(KEEP_FAILED))
                .or(jobs::finished_at
                    .lt(before(KEEP_FINISHED))
                    .and(jobs::status.ne(JobStatus::Failed))),
        )
        .limit(BATCH)
        .select(jobs::id)
        .load(conn)
        .await?;
    let deleted = diesel::delete(jobs::table.filter(jobs::id.eq_any(old)))
        .execute(conn)
        .await?;
    Ok(deleted)
}
