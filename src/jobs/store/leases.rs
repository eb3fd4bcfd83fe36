//! SQL of running jobs: claimed, reclaimed, kept alive and ended, each under the lease of one attempt.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::{Conn, skip_locked, transaction};
use crate::db::schema::jobs;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::Result;
use crate::id::JobId;
use crate::jobs::{Claimed, Ending, Job, JobStatus, LEASE, Lease, LostLease};

/// What the owner of a job reads whose worker stopped in the middle.
const INTERRUPTED: &str = "The server stopped in the middle of it.";
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
            let end = End {
                status,
                run_at: now,
                max_attempts: job.max_attempts,
                error: Some(error),
                user_error: Some(INTERRUPTED.to_owned()),
                result: None,
            };
            // Its row is locked: nobody changes it meanwhile.
            write_end(conn, &job, end, now).await?;
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

/// The same, and nobody has asked for the job to stop: who asks from now on waits for the end of the transaction.
pub async fn hold_wanted(conn: &mut Conn, lease: Lease) -> Result<bool> {
    if !hold(conn, lease).await? {
        return Ok(false);
    }
    let requested: Option<Timestamp> = jobs::table
        .find(lease.job)
        .select(jobs::cancel_requested_at)
        .first(conn)
        .await?;
    Ok(requested.is_none())
}

/// Ends an attempt and gives what became of the job; `None`, and nothing written, where the lease is lost.
///
/// The row is written once: PostgreSQL checks the foreign key of a row anew that a transaction writes twice,
/// and would wait there for an account that is deleted at the same time. So nothing is locked first; who
/// cancels between the look and the write is looked at again.
pub async fn end(conn: &mut Conn, lease: Lease, ending: Ending) -> Result<Option<JobStatus>> {
    transaction!(conn, {
        loop {
            let held = jobs::table
                .filter(jobs::id.eq(lease.job))
                .filter(jobs::attempts.eq(lease.attempt))
                .filter(jobs::status.eq(JobStatus::Running));
            let job: Option<Job> = held.select(Job::as_select()).first(conn).await.optional()?;
            let Some(job) = job else {
                return Ok(None);
            };
            let now = super::now(conn).await?;
            let end = End::of(&job, ending.clone(), now);
            let status = end.status;
            if write_end(conn, &job, end, now).await? {
                return Ok(Some(status));
            }
        }
    })
}

/// What an ending makes of a job.
struct End {
    status: JobStatus,
    run_at: Timestamp,
    /// Being stopped is not the job's fault: the attempt is given back at the other end.
    max_attempts: i32,
    error: Option<String>,
    user_error: Option<String>,
    result: Option<serde_json::Value>,
}

impl End {
    fn of(job: &Job, ending: Ending, now: Timestamp) -> Self {
        let cancelled = job.cancel_requested_at.is_some();
        let mut end = Self {
            status: JobStatus::Failed,
            run_at: now,
            max_attempts: job.max_attempts,
            error: None,
            user_error: None,
            result: None,
        };
        match ending {
            Ending::Succeeded(result) => {
                end.status = JobStatus::Succeeded;
                end.result = Some(result);
            }
            Ending::Failed { error, .. } if cancelled => {
                end.status = JobStatus::Cancelled;
                end.error = Some(error);
            }
            Ending::Released(_) if cancelled => end.status = JobStatus::Cancelled,
            Ending::Failed {
                error,
                user_error,
                pause,
            } => {
                if let Some(pause) = pause.filter(|_| job.attempts < job.max_attempts) {
                    end.status = JobStatus::Queued;
                    end.run_at = later(now, pause);
                }
                end.error = Some(error);
                end.user_error = user_error;
            }
            Ending::Released(LostLease::Again) => {
                end.status = JobStatus::Queued;
                end.max_attempts += 1;
                end.error.clone_from(&job.error);
            }
            Ending::Released(LostLease::Fail) => {
                end.error = Some("interrupted: the worker stopped".to_owned());
                end.user_error = Some(INTERRUPTED.to_owned());
            }
        }
        end
    }
}

/// Writes what became of a running job; gives whether it was still as it was read.
async fn write_end(conn: &mut Conn, job: &Job, end: End, now: Timestamp) -> Result<bool> {
    let finished = end.status != JobStatus::Queued;
    let unchanged = jobs::table
        .filter(jobs::id.eq(job.id))
        .filter(jobs::attempts.eq(job.attempts))
        .filter(jobs::status.eq(JobStatus::Running))
        .filter(jobs::max_attempts.eq(job.max_attempts))
        .filter(
            jobs::cancel_requested_at
                .is_null()
                .or(job.cancel_requested_at.is_some().into_sql::<Bool>()),
        );
    let written = diesel::update(unchanged)
        .set((
            jobs::status.eq(end.status),
            jobs::run_at.eq(end.run_at),
            jobs::max_attempts.eq(end.max_attempts),
            jobs::lease_until.eq(None::<Timestamp>),
            jobs::error.eq(end.error),
            jobs::user_error.eq(end.user_error),
            jobs::result.eq(end.result.map(JsonValue)),
            jobs::finished_at.eq(finished.then_some(now)),
            finished.then_some(jobs::unique_key.eq(None::<String>)),
            (end.status == JobStatus::Succeeded).then_some(jobs::progress.eq(1.0)),
        ))
        .execute(conn)
        .await?;
    Ok(written > 0)
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    let by = chrono::Duration::from_std(by).unwrap_or_default();
    Timestamp(now.0.checked_add_signed(by).unwrap_or(now.0))
}
