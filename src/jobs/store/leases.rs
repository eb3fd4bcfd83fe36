//! SQL of running jobs: claimed, reclaimed, kept alive and ended, each under the lease of one attempt.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, skip_locked, transaction};
use crate::db::schema::jobs;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::Result;
use crate::id::JobId;
use crate::jobs::{Claimed, Ending, Job, JobStatus, LEASE, Lease, LostLease};

/// How many rows one claim takes back.
const BATCH: i64 = 500;

/// Takes up to `limit` due jobs of the `kinds` for a worker, after reclaiming what silent workers left.
pub async fn claim(
    conn: &mut Conn,
    kinds: Vec<(&'static str, LostLease)>,
    limit: i64,
) -> Result<Claimed> {
    transaction!(conn, {
        let now = super::now(conn).await?;
        let reclaimed = reclaim(conn, &kinds, now).await?;
        let mut claimed: Vec<Job> = Vec::new();
        if limit > 0 {
            let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
            claimed = skip_locked!(
                jobs::table
                    .filter(jobs::finished_at.is_null())
                    .filter(jobs::status.eq(JobStatus::Queued))
                    .filter(jobs::run_at.le(now))
                    .filter(jobs::kind.eq_any(names))
                    .order((jobs::run_at, jobs::id))
                    .limit(limit)
                    .select(Job::as_select())
            )
            .load(conn)
            .await?;
        }
        if !claimed.is_empty() {
            let lease_until = now.plus(LEASE);
            let ids: Vec<JobId> = claimed.iter().map(|job| job.id).collect();
            diesel::update(jobs::table.filter(jobs::id.eq_any(ids)))
                .set((
                    jobs::status.eq(JobStatus::Running),
                    jobs::attempts.eq(jobs::attempts + 1),
                    jobs::lease_until.eq(lease_until),
                    jobs::started_at.eq(now),
                ))
                .execute(conn)
                .await?;
            for job in &mut claimed {
                job.status = JobStatus::Running;
                job.attempts += 1;
                job.lease_until = Some(lease_until);
                job.started_at = Some(now);
            }
        }
        Ok(Claimed {
            jobs: claimed,
            reclaimed,
            now,
        })
    })
}

async fn reclaim(
    conn: &mut Conn,
    kinds: &[(&'static str, LostLease)],
    now: Timestamp,
) -> Result<Vec<(String, JobStatus)>> {
    let mut reclaimed = Vec::new();
    for (policy, lost) in [LostLease::Again, LostLease::Fail].map(|policy| {
        let of_policy = kinds.iter().filter(move |(_, lost)| *lost == policy);
        (policy, of_policy.map(|(name, _)| *name).collect::<Vec<_>>())
    }) {
        if lost.is_empty() {
            continue;
        }
        let silent: Vec<Job> = skip_locked!(
            jobs::table
                .filter(jobs::lease_until.lt(now))
                .filter(jobs::status.eq(JobStatus::Running))
                .filter(jobs::kind.eq_any(lost))
                .limit(BATCH)
                .select(Job::as_select())
        )
        .load(conn)
        .await?;
        for job in silent {
            let error = "lease lost: the worker went silent".to_owned();
            let status = if job.cancel_requested_at.is_some() {
                JobStatus::Cancelled
            } else if policy == LostLease::Again && job.attempts < job.max_attempts {
                JobStatus::Queued
            } else {
                JobStatus::Failed
            };
            write_end(conn, job.id, status, now, now, Some(error), None).await?;
            reclaimed.push((job.kind, status));
        }
    }
    Ok(reclaimed)
}

/// Prolongs a lease, and notes progress where there is some. `None`: the lease is lost; otherwise
/// whether the job is to be cancelled.
pub async fn beat(
    conn: &mut Conn,
    lease: Lease,
    progress: Option<(f64, String)>,
) -> Result<Option<bool>> {
    let now = super::now(conn).await?;
    let progress = progress.map(|(fraction, message)| {
        (
            jobs::progress.eq(fraction),
            jobs::message.eq((!message.is_empty()).then_some(message)),
        )
    });
    let held = jobs::table
        .filter(jobs::id.eq(lease.job))
        .filter(jobs::attempts.eq(lease.attempt))
        .filter(jobs::status.eq(JobStatus::Running));
    let kept = diesel::update(held)
        .set((jobs::lease_until.eq(now.plus(LEASE)), progress))
        .execute(conn)
        .await?;
    if kept == 0 {
        return Ok(None);
    }
    let requested: Option<Option<Timestamp>> = jobs::table
        .find(lease.job)
        .select(jobs::cancel_requested_at)
        .first(conn)
        .await
        .optional()?;
    Ok(requested.map(|at| at.is_some()))
}

/// Whether a lease is still good. Inside a transaction the answer holds until its end: a handler that
/// must not write after losing its job asks this first.
pub async fn hold(conn: &mut Conn, lease: Lease) -> Result<bool> {
    // An update that changes nothing is how every dialect locks a row.
    let held = jobs::table
        .filter(jobs::id.eq(lease.job))
        .filter(jobs::attempts.eq(lease.attempt))
        .filter(jobs::status.eq(JobStatus::Running));
    let rows = diesel::update(held)
        .set(jobs::attempts.eq(lease.attempt))
        .execute(conn)
        .await?;
    Ok(rows > 0)
}

/// Ends an attempt and gives what became of the job; `None`, and nothing written, where the lease is lost.
pub async fn end(conn: &mut Conn, lease: Lease, ending: Ending) -> Result<Option<JobStatus>> {
    transaction!(conn, {
        if !hold(conn, lease).await? {
            return Ok(None);
        }
        let now = super::now(conn).await?;
        let job: Job = jobs::table
            .find(lease.job)
            .select(Job::as_select())
            .first(conn)
            .await?;
        let cancelled = job.cancel_requested_at.is_some();
        let mut run_at = now;
        let (status, error, result) = match ending {
            Ending::Succeeded(result) => (JobStatus::Succeeded, None, Some(result)),
            Ending::Failed { error, .. } if cancelled => (JobStatus::Cancelled, Some(error), None),
            Ending::Released(_) if cancelled => (JobStatus::Cancelled, None, None),
            Ending::Failed {
                error,
                pause: Some(pause),
            } if job.attempts < job.max_attempts => {
                run_at = later(now, pause);
                (JobStatus::Queued, Some(error), None)
            }
            Ending::Failed { error, .. } => (JobStatus::Failed, Some(error), None),
            Ending::Released(LostLease::Again) => {
                // Being stopped is not the job's fault: the attempt is given back at the other end.
                diesel::update(jobs::table.find(job.id))
                    .set(jobs::max_attempts.eq(jobs::max_attempts + 1))
                    .execute(conn)
                    .await?;
                (JobStatus::Queued, job.error, None)
            }
            Ending::Released(LostLease::Fail) => (
                JobStatus::Failed,
                Some("interrupted: the worker stopped".to_owned()),
                None,
            ),
        };
        write_end(conn, job.id, status, now, run_at, error, result).await?;
        Ok(Some(status))
    })
}

async fn write_end(
    conn: &mut Conn,
    id: JobId,
    status: JobStatus,
    now: Timestamp,
    run_at: Timestamp,
    error: Option<String>,
    result: Option<serde_json::Value>,
) -> Result<()> {
    let finished = status != JobStatus::Queued;
    let row = diesel::update(jobs::table.find(id));
    row.set((
        jobs::status.eq(status),
        jobs::run_at.eq(run_at),
        jobs::lease_until.eq(None::<Timestamp>),
        jobs::error.eq(error),
        jobs::result.eq(result.map(JsonValue)),
        jobs::finished_at.eq(finished.then_some(now)),
        finished.then_some(jobs::unique_key.eq(None::<String>)),
        (status == JobStatus::Succeeded).then_some(jobs::progress.eq(1.0)),
    ))
    .execute(conn)
    .await?;
    Ok(())
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    let by = chrono::Duration::from_std(by).unwrap_or_default();
    Timestamp(now.0.checked_add_signed(by).unwrap_or(now.0))
}
