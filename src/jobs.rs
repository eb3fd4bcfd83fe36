//! Background work: rows of a table, enqueued in the transaction that wants them done, run by [`worker::Worker`].
//!
//! A job runs at least once: a worker that dies in the middle leaves it to another one. Handlers
//! therefore look at the data before they change it, and a payload names things rather than carrying them.

mod kind;
mod observed;
mod run;
mod supervise;
pub mod worker;

#[cfg(test)]
mod tests;

use std::time::Duration;

use diesel::{Insertable, Queryable, Selectable};
use uuid::Uuid;

use crate::db::types::{JsonValue, Timestamp};
use crate::db::{Db, query};
use crate::error::Result;
use crate::events::Topic;
use crate::id::{JobId, UserId};

/// How long a worker may be silent before its job counts as abandoned.
pub const LEASE: Duration = Duration::from_secs(60);
/// How often an attempt fails before its job is given up, unless [`NewJob::max_attempts`] says otherwise.
pub const MAX_ATTEMPTS: i32 = 10;
/// How long succeeded and cancelled jobs are kept.
pub const KEEP_FINISHED: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long failed jobs are kept.
pub const KEEP_FAILED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Where a run is.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[graphql(name = "RunStatus")]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum JobStatus {
    /// Waits for its time, for a free worker, or for the next attempt.
    Queued,
    /// Is being worked on.
    Running,
    /// Done; there may be a result.
    Succeeded,
    /// Given up; `error` says why.
    Failed,
    /// Stopped on request.
    Cancelled,
}
crate::db::types::text_enum!(JobStatus {
    Queued = "QUEUED",
    Running = "RUNNING",
    Succeeded = "SUCCEEDED",
    Failed = "FAILED",
    Cancelled = "CANCELLED",
});

/// A job as the database keeps it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::jobs)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Which handler runs it: `page.publish`.
    pub kind: String,
    /// What the handler is told.
    pub payload: JsonValue,
    /// At most one waiting job has it.
    pub unique_key: Option<String>,
    /// Where it is.
    pub status: JobStatus,
    /// Not before, in database time.
    pub run_at: Timestamp,
    /// How often it was begun. It only grows: it is the token by which a worker proves that the job is still its own.
    pub attempts: i32,
    /// After so many attempts it is given up.
    pub max_attempts: i32,
    /// Until when its worker counts as alive; only while it runs.
    pub lease_until: Option<Timestamp>,
    /// 0 to 1.
    pub progress: f64,
    /// What the handler last said about its progress.
    pub message: Option<String>,
    /// What the handler gave back.
    pub result: Option<JsonValue>,
    /// Why the last attempt failed, for operators: not to be shown to clients as it is.
    pub error: Option<String>,
    /// For whom it runs; the job goes with the account.
    pub owner_id: Option<UserId>,
    /// The TypeID of what it works on.
    pub subject_id: Option<String>,
    /// When somebody asked for a running job to stop.
    pub cancel_requested_at: Option<Timestamp>,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// When its last attempt began.
    pub started_at: Option<Timestamp>,
    /// When it succeeded, failed for good, or was cancelled.
    pub finished_at: Option<Timestamp>,
    /// What its owner may read of why it failed.
    pub user_error: Option<String>,
}

/// What somebody wants done; `stores::jobs::enqueue` writes it.
#[derive(Debug, Clone)]
pub struct NewJob {
    kind: &'static str,
    payload: serde_json::Value,
    created_at: Timestamp,
    at: Option<Timestamp>,
    unique_key: Option<String>,
    owner_id: Option<UserId>,
    subject_id: Option<String>,
    max_attempts: i32,
}

impl NewJob {
    /// A job of `kind`, due at once.
    pub fn new(kind: &'static str, payload: serde_json::Value, now: Timestamp) -> Self {
        Self {
            kind,
            payload,
            created_at: now,
            at: None,
            unique_key: None,
            owner_id: None,
            subject_id: None,
            max_attempts: MAX_ATTEMPTS,
        }
    }

    /// Not before `at`.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Replaces the waiting job that has the same key. Keys share one space: begin them with the kind.
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    /// Runs for `owner`, and goes with the account.
    #[must_use]
    pub fn owned_by(mut self, owner: UserId) -> Self {
        self.owner_id = Some(owner);
        self
    }

    /// Works on `subject`, a TypeID.
    #[must_use]
    pub fn about(mut self, subject: impl std::fmt::Display) -> Self {
        self.subject_id = Some(subject.to_string());
        self
    }

    /// Is given up after so many failed attempts, at least one.
    #[must_use]
    pub fn max_attempts(mut self, attempts: i32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Whose it is, if anybody's, and what is done.
    pub(crate) fn whose(&self) -> (Option<UserId>, &'static str) {
        (self.owner_id, self.kind)
    }

    /// The row; `now` is the database's time.
    pub(crate) fn into_job(self, now: Timestamp) -> Job {
        Job {
            id: JobId::new(),
            kind: self.kind.to_owned(),
            payload: JsonValue(self.payload),
            unique_key: self.unique_key,
            status: JobStatus::Queued,
            run_at: self.at.unwrap_or(now),
            attempts: 0,
            max_attempts: self.max_attempts,
            lease_until: None,
            progress: 0.0,
            message: None,
            result: None,
            error: None,
            owner_id: self.owner_id,
            subject_id: self.subject_id,
            cancel_requested_at: None,
            created_at: self.created_at,
            started_at: None,
            finished_at: None,
            user_error: None,
        }
    }
}

/// The right to write a running job: void as soon as another attempt begins, or the job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Which job.
    pub job: JobId,
    /// Which attempt.
    pub attempt: i32,
}

/// What happens to a job whose worker went silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostLease {
    /// It is begun again, as long as attempts are left.
    Again,
    /// It has failed: what it did cannot be done twice.
    Fail,
}

/// How an attempt ended, as its worker tells the store.
#[derive(Debug, Clone)]
pub enum Ending {
    /// With a result.
    Succeeded(serde_json::Value),
    /// With an error; the next attempt, if one is left, begins after the pause.
    Failed {
        /// For operators.
        error: String,
        /// For the owner of the job, where it is something that they can correct.
        user_error: Option<String>,
        /// None where no further attempt could help.
        pause: Option<Duration>,
    },
    /// Not at all: its worker stops and gives it up to another one.
    Released(LostLease),
}

/// Which jobs a list holds; each part narrows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobFilter {
    /// Those of this owner.
    pub owner: Option<UserId>,
    /// Those that are there.
    pub status: Option<JobStatus>,
}

/// What a claim brought.
#[derive(Debug)]
pub struct Claimed {
    /// The claimer's jobs, running from now on.
    pub jobs: Vec<Job>,
    /// Kinds of jobs whose workers went silent, and what became of these.
    pub reclaimed: Vec<(String, JobStatus)>,
    /// The database's time.
    pub now: Timestamp,
}

/// How many jobs there are, for metrics and health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Waiting, and their time has come.
    pub due: i64,
    /// Waiting for their time.
    pub scheduled: i64,
    /// Being worked on.
    pub running: i64,
    /// Dead letters: given up within the last 30 days.
    pub dead: i64,
}

/// Counts the jobs.
pub async fn counts(db: &Db) -> Result<Counts> {
    query!(*db, jobs::counts())
}

/// The newest of those that have failed for good.
pub async fn given_up(db: &Db, limit: i64) -> Result<Vec<Job>> {
    query!(*db, jobs::list(None, Some(JobStatus::Failed), limit))
}

/// What workers wait on: call `events.wake(jobs::topic())` after the commit that enqueued something. Over Redis the
/// call reaches the workers of every process; without it they look by themselves.
pub fn topic() -> Topic {
    // "jobs" as a number; no UUIDv7 is that small.
    Uuid::from_u128(0x6a_6f_62_73)
}

/// What the watchers of one job wait on: called at its progress and at its end.
pub fn progress_topic(job: JobId) -> Topic {
    job.0
}

/// What the worker of one job waits on: call it after the commit that cancelled the job, so that the
/// worker stops at once; where the call does not reach it, it notices at its next heartbeat.
pub fn cancel_topic(job: JobId) -> Topic {
    Uuid::from_u128(!job.0.as_u128())
}
