//! `Run`: what a handler sees of its job, and the heartbeat that keeps the job its own.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Job, LEASE, Lease};
use crate::db::{Db, commit};
use crate::error::{Error, Result};
use crate::events::{Events, Listener};

/// How often a running job's lease is prolonged.
const BEAT: Duration = Duration::from_secs(20);
/// How soon a failed heartbeat is repeated.
const BEAT_AGAIN: Duration = Duration::from_secs(2);
/// How long any answer of the database is waited for.
const ANSWER: Duration = Duration::from_secs(30);

/// One attempt at a job.
#[derive(Clone)]
pub struct Run {
    /// The job as it was claimed.
    pub job: Job,
    pub(super) db: Db,
    pub(super) events: Events,
    pub(super) stop: CancellationToken,
    pub(super) lost: CancellationToken,
}

impl Run {
    /// Reads the payload.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.job.payload.0).map_err(|error| {
            Error::internal(format!("the payload of {} is wrong: {error}", self.job.id))
        })
    }

    /// Notes how far the work is: `fraction` from 0 to 1, `message` for people. It is a write: call it
    /// a few times a second at most. An error where the lease is lost; stop then.
    pub async fn progress(&self, fraction: f64, message: &str) -> Result<()> {
        let fraction = if fraction.is_finite() {
            fraction.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let note = Some((fraction, storable(message)));
        match bounded(async { commit!(self.db, jobs::beat(self.lease(), note)) }).await? {
            Some(cancelled) => {
                if cancelled {
                    self.stop.cancel();
                }
                self.events.wake(super::progress_topic(self.job.id));
                Ok(())
            }
            None => {
                self.lost.cancel();
                self.stop.cancel();
                Err(Error::internal("the job belongs to another worker now"))
            }
        }
    }

    /// Cancelled when the work should stop: on request, at its time limit, when the job was lost to
    /// another worker, or when the process has to end. A handler that does not look is cut off.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.stop
    }

    /// The right to write this job, for `stores::jobs::hold` in a handler's own transaction.
    pub fn lease(&self) -> Lease {
        Lease {
            job: self.job.id,
            attempt: self.job.attempts,
        }
    }
}

/// Prolongs the lease until it is lost; `since` is when it was certainly held.
pub(super) async fn heartbeat(run: Run, mut calls: Listener, mut since: Instant) {
    let mut failing = false;
    loop {
        calls.heard(if failing { BEAT_AGAIN } else { BEAT }).await;
        let before = Instant::now();
        match bounded(async { commit!(run.db, jobs::beat(run.lease(), None)) }).await {
            Ok(Some(cancelled)) => {
                since = before;
                failing = false;
                if cancelled {
                    run.stop.cancel();
                }
            }
            Ok(None) => break,
            Err(error) => {
                if !failing {
                    tracing::warn!(job.id = %run.job.id, %error, "a job's lease could not be prolonged");
                }
                failing = true;
                if since.elapsed() >= LEASE {
                    break;
                }
            }
        }
    }
    run.lost.cancel();
    run.stop.cancel();
}

/// Waits for the database, but not for ever: a dead connection may never answer.
pub(super) async fn bounded<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(ANSWER, answer)
        .await
        .unwrap_or_else(|_| Err(Error::internal("the database did not answer in time")))
}

/// `text` as every database keeps it: without NUL, which PostgreSQL refuses, and at most 2000 characters.
pub(super) fn storable(text: &str) -> String {
    text.chars().filter(|&c| c != '\0').take(2000).collect()
}
