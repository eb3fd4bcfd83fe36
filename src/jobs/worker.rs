//! The worker: claims what is due, runs it, comes back for more, and leaves nothing behind when it stops.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub use super::kind::{Handler, Kind, LostLease, Schedule};
pub use super::run::Run;
use super::run::bounded;
use super::supervise::{Shared, supervise};
use super::{JobStatus, topic};
use crate::config;
use crate::db::types::Timestamp;
use crate::db::{Db, commit};
use crate::error::Result;
use crate::events::Events;
use crate::id::JobId;

/// The kind that deletes what finished long ago.
pub const CLEAN: &str = "jobs.clean";
/// How long running jobs may go on when the worker stops.
const GRACE: Duration = Duration::from_secs(20);
/// How long giving jobs up may take after that.
const RELEASE: Duration = Duration::from_secs(10);
/// The longest pause while the database fails.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Finished jobs are kept as long; with a longer period a schedule would forget that it has run.
const LONGEST_PERIOD: Duration = super::KEEP_FINISHED;

/// Runs jobs.
pub struct Worker {
    shared: Arc<Shared>,
    config: config::Jobs,
    pub(super) shutdown: CancellationToken,
    grace: Duration,
    kinds: HashMap<&'static str, Arc<Kind>>,
    schedules: Vec<Schedule>,
    /// The last period of each schedule that this worker knows to be enqueued.
    periods: HashMap<&'static str, i64>,
    /// How often in a row the database has failed.
    failures: watch::Sender<u32>,
}

impl Worker {
    /// A worker for `kinds`; jobs of other kinds are left to others, and so are schedules where the configuration says so.
    pub fn new(
        db: Db,
        events: Events,
        config: config::Jobs,
        shutdown: CancellationToken,
        mut kinds: Vec<Kind>,
        mut schedules: Vec<Schedule>,
    ) -> Self {
        kinds.push(clean(db.clone()));
        schedules.push(Schedule {
            kind: CLEAN,
            every: Duration::from_secs(3600),
        });
        if !config.recurring {
            schedules.clear();
        }
        Self {
            shared: Arc::new(Shared {
                db,
                events,
                abandon: CancellationToken::new(),
            }),
            config,
            shutdown,
            grace: GRACE,
            kinds: kinds
                .into_iter()
                .map(|kind| (kind.name, Arc::new(kind)))
                .collect(),
            schedules,
            periods: HashMap::new(),
            failures: watch::Sender::new(0),
        }
    }

    /// Lets running jobs go on for `grace` after the shutdown began, instead of twenty seconds.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How often in a row the database has failed, to be watched while the worker runs.
    pub fn failures(&self) -> watch::Receiver<u32> {
        self.failures.subscribe()
    }

    /// Works until the shutdown; then claims nothing more, waits for what runs and gives up the rest.
    pub async fn run(mut self) {
        let mut calls = self.shared.events.listen(topic());
        let mut running = JoinSet::new();
        while !self.shutdown.is_cancelled() {
            while running.try_join_next().is_some() {}
            let wait = match self.turn(&mut running).await {
                Ok(()) => {
                    let failures = self.failures.send_replace(0);
                    if failures > 0 {
                        tracing::info!(failures, "the job queue can be read again");
                    }
                    self.config.poll
                }
                Err(error) => {
                    let failures = *self.failures.borrow();
                    if failures == 0 {
                        tracing::error!(%error, "the job queue cannot be read; trying again");
                    }
                    let failures = failures.saturating_add(1);
                    self.failures.send_replace(failures);
                    self.pause(failures)
                }
            };
            let failing = *self.failures.borrow() > 0;
            let called = async {
                if failing {
                    // Calls must not shorten the pause.
                    tokio::time::sleep(wait).await;
                } else {
                    calls.heard(wait).await;
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                Some(_) = running.join_next(), if !failing => {}
                () = called => {}
            }
        }
        self.stop(running).await;
    }

    fn pause(&self, failures: u32) -> Duration {
        let factor = 1 << failures.min(6).saturating_sub(1);
        (self.config.poll * factor).min(LONGEST_PAUSE)
    }

    /// One look at the queue.
    async fn turn(&mut self, running: &mut JoinSet<()>) -> Result<()> {
        let free = self.config.concurrency.saturating_sub(running.len());
        let free = i64::try_from(free).unwrap_or(i64::MAX);
        let since = Instant::now();
        let kinds: Vec<(&'static str, LostLease)> = self
            .kinds
            .values()
            .map(|kind| (kind.name, kind.lost_lease))
            .collect();
        let db = &self.shared.db;
        let claimed = bounded(async { commit!(*db, jobs::claim(kinds, free)) }).await?;
        for (kind, status) in claimed.reclaimed {
            tracing::warn!(
                job.kind = kind,
                status = status.as_str(),
                "a worker went silent"
            );
            if status == JobStatus::Failed {
                metrics::counter!("pluma_jobs_total", "kind" => kind, "outcome" => "failed")
                    .increment(1);
            }
        }
        for job in claimed.jobs {
            if let Some(kind) = self.kinds.get(job.kind.as_str()) {
                let (shared, kind) = (Arc::clone(&self.shared), Arc::clone(kind));
                running.spawn(supervise(shared, kind, job, since));
            }
        }
        self.enqueue_schedules(claimed.now).await
    }

    async fn enqueue_schedules(&mut self, now: Timestamp) -> Result<()> {
        for Schedule { kind, every } in &self.schedules {
            let (kind, every) = (*kind, *every);
            let period = period(every, now);
            if self.periods.get(kind) == Some(&period) {
                continue;
            }
            let db = &self.shared.db;
            let enqueued =
                bounded(async { commit!(*db, jobs::enqueue_period(kind, every)) }).await?;
            self.periods.insert(kind, period);
            if enqueued {
                self.shared.events.wake(topic());
            }
        }
        Ok(())
    }

    async fn stop(self, mut running: JoinSet<()>) {
        let all = async { while running.join_next().await.is_some() {} };
        if timeout(self.grace, all).await.is_ok() {
            return;
        }
        tracing::warn!(jobs = running.len(), "giving up running jobs to stop");
        self.shared.abandon.cancel();
        let all = async { while running.join_next().await.is_some() {} };
        if timeout(RELEASE, all).await.is_err() {
            tracing::warn!("some jobs could not be given up; their leases will run out");
        }
    }
}

fn clean(db: Db) -> Kind {
    Kind::new(CLEAN, Duration::from_secs(600), move |run: Run| {
        let db = db.clone();
        async move {
            let mut deleted = 0;
            loop {
                let batch = bounded(async { commit!(db, jobs::delete_old()) }).await?;
                deleted += batch;
                if batch == 0 || run.cancelled().is_cancelled() {
                    return Ok(serde_json::json!({ "deleted": deleted }));
                }
            }
        }
    })
}

fn period(every: Duration, now: Timestamp) -> i64 {
    now.0.timestamp_millis().div_euclid(millis(every))
}

fn millis(every: Duration) -> i64 {
    let every = every.clamp(Duration::from_secs(1), LONGEST_PERIOD);
    i64::try_from(every.as_millis()).unwrap_or(i64::MAX)
}

/// The id of the job of a schedule's current period: the time when the period began, then a digest. A
/// UUID of version 8, which sorts among those of version 7.
pub(crate) fn period_id(kind: &str, every: Duration, now: Timestamp) -> JobId {
    let began = period(every, now).saturating_mul(millis(every));
    let text = format!("{kind}\0{}\0{began}", millis(every));
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    bytes[..6].copy_from_slice(&began.to_be_bytes()[2..]);
    JobId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
