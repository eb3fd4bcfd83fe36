//! SQL of lists of jobs, and of how many there are.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, now};
use crate::db::schema::jobs;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::{Window, keyset};
use crate::id::{JobId, UserId};
use crate::jobs::{Counts, Job, JobFilter, JobStatus};

/// The newest jobs, of one owner or of everybody, of one status or of all.
pub async fn list(
    conn: &mut Conn,
    owner: Option<UserId>,
    status: Option<JobStatus>,
    limit: i64,
) -> Result<Vec<Job>> {
    let mut query = jobs::table.select(Job::as_select()).into_boxed();
    if let Some(owner) = owner {
        query = query.filter(jobs::owner_id.eq(owner));
    }
    if let Some(status) = status {
        query = query.filter(jobs::status.eq(status));
    }
    let found = query
        .order((jobs::created_at.desc(), jobs::id.desc()))
        .limit(limit)
        .load(conn)
        .await?;
    Ok(found)
}

/// A page of jobs, the newest first, one more than the window holds.
pub async fn page(
    conn: &mut Conn,
    filter: JobFilter,
    window: Window<(Timestamp, JobId)>,
) -> Result<Vec<Job>> {
    let found = keyset!(matching(filter), window, true, jobs::created_at, jobs::id)
        .select(Job::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// How many jobs there are of that kind.
pub async fn count(conn: &mut Conn, filter: JobFilter) -> Result<i64> {
    let count = matching(filter).count().get_result(conn).await?;
    Ok(count)
}

fn matching(filter: JobFilter) -> jobs::BoxedQuery<'static, Backend> {
    let mut query = jobs::table.into_boxed();
    if let Some(owner) = filter.owner {
        query = query.filter(jobs::owner_id.eq(owner));
    }
    if let Some(status) = filter.status {
        query = query.filter(jobs::status.eq(status));
    }
    query
}

/// Counts jobs.
pub async fn counts(conn: &mut Conn) -> Result<Counts> {
    let now = now(conn).await?;
    let unfinished = || jobs::table.filter(jobs::finished_at.is_null());
    let queued = || unfinished().filter(jobs::status.eq(JobStatus::Queued));
    let due = queued()
        .filter(jobs::run_at.le(now))
        .count()
        .get_result(conn)
        .await?;
    let scheduled = queued()
        .filter(jobs::run_at.gt(now))
        .count()
        .get_result(conn)
        .await?;
    let running = unfinished()
        .filter(jobs::status.eq(JobStatus::Running))
        .count()
        .get_result(conn)
        .await?;
    // Written out, so that the partial index is used.
    let dead = jobs::table
        .filter(sql::<Bool>("status = 'FAILED'"))
        .count()
        .get_result(conn)
        .await?;
    Ok(Counts {
        due,
        scheduled,
        running,
        dead,
    })
}

/// Jobs that were given up, the oldest first, behind the id `after`; of one kind or of all.
pub async fn dead(
    conn: &mut Conn,
    kind: Option<String>,
    after: JobId,
    limit: i64,
) -> Result<Vec<Job>> {
    let mut query = jobs::table
        .filter(jobs::status.eq(JobStatus::Failed))
        .filter(jobs::id.gt(after))
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(jobs::kind.eq(kind));
    }
    let found = query
        .order(jobs::id.asc())
        .limit(limit)
        .select(Job::as_select())
        .load(conn)
        .await?;
    Ok(found)
}
