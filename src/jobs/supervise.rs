//! One attempt from claim to end: the handler in a task of its own, its time limit, and what is written afterwards.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::kind::Kind;
use super::run::{Run, bounded, heartbeat, storable};
use super::{Ending, Job, JobStatus, LEASE, cancel_topic, progress_topic};
use crate::clock;
use crate::db::{Db, commit};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::validate::json::without_nul;

/// How long a handler that was told to stop has before it is cut off.
const STOP: Duration = Duration::from_secs(2);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What every attempt of a worker shares.
pub(super) struct Shared {
    pub(super) db: Db,
    pub(super) events: Events,
    /// Cancelled when the worker's grace is over.
    pub(super) abandon: CancellationToken,
}

type Joined = std::result::Result<Result<serde_json::Value>, JoinError>;

enum Why {
    Timeout,
    Abandoned,
    Lost,
}

/// Runs one attempt of a job that was claimed at `since`.
pub(super) async fn supervise(shared: Arc<Shared>, kind: Arc<Kind>, job: Job, since: Instant) {
    let run = Run {
        job,
        db: shared.db.clone(),
        events: shared.events.clone(),
        stop: CancellationToken::new(),
        lost: CancellationToken::new(),
    };
    // Listening begins before the handler does, so that no cancellation falls between.
    let calls = shared.events.listen(cancel_topic(run.job.id));
    let beating = AbortOnDropHandle::new(tokio::spawn(heartbeat(run.clone(), calls, since)));
    let handler = Arc::clone(&kind.run);
    let told = run.clone();
    let mut task = AbortOnDropHandle::new(tokio::spawn(async move { handler(told).await }));

    let (joined, why) = tokio::select! {
        biased;
        joined = &mut task => (Some(joined), None),
        () = run.lost.cancelled() => (stopped(&run, &mut task).await, Some(Why::Lost)),
        () = shared.abandon.cancelled() => (stopped(&run, &mut task).await, Some(Why::Abandoned)),
        () = sleep(kind.timeout) => (stopped(&run, &mut task).await, Some(Why::Timeout)),
    };
    let outcome = match ending(joined, why, &kind, &run.job) {
        Some(ending) => written(&run, ending).await,
        None => None,
    };
    drop(beating);
    report(&kind, &run.job, outcome, since.elapsed());
    shared.events.wake(progress_topic(run.job.id));
}

/// Tells the handler to stop and cuts it off when it does not.
async fn stopped(
    run: &Run,
    task: &mut AbortOnDropHandle<Result<serde_json::Value>>,
) -> Option<Joined> {
    run.stop.cancel();
    let joined = timeout(STOP, &mut *task).await.ok();
    if joined.is_none() {
        task.abort();
        // A task that blocks its thread cannot be cut off: the lease keeps what it does apart.
        let _ = timeout(STOP, task).await;
    }
    joined
}

/// What to write; nothing where the job belongs to somebody else.
fn ending(joined: Option<Joined>, why: Option<Why>, kind: &Kind, job: &Job) -> Option<Ending> {
    let pause = Some(pause(job.attempts));
    match (joined, why) {
        (Some(Ok(Ok(result))), _) => Some(Ending::Succeeded(without_nul(result))),
        (_, Some(Why::Lost)) => None,
        (_, Some(Why::Abandoned)) => Some(Ending::Released(kind.lost_lease)),
        (_, Some(Why::Timeout)) => Some(Ending::Failed {
            error: format!("took longer than {} s", kind.timeout.as_secs_f64()),
            user_error: Some("It took longer than it may.".to_owned()),
            pause,
        }),
        (Some(Ok(Err(error))), None) => Some(Ending::Failed {
            error: storable(&error.to_string()),
            user_error: for_user(&error),
            pause: if is_final(&error) { None } else { pause },
        }),
        (Some(Err(error)), None) => Some(Ending::Failed {
            error: storable(&format!("panicked: {}", panic_message(error))),
            user_error: None,
            pause,
        }),
        (None, None) => None,
    }
}

/// What the job's owner may read of an error, as a client would: nothing of what went wrong inside.
fn for_user(error: &Error) -> Option<String> {
    match error {
        Error::User(_) | Error::Refused { .. } => Some(storable(&error.to_string())),
        Error::Limited { .. } | Error::Internal(_) => None,
    }
}

fn is_final(error: &Error) -> bool {
    matches!(error, Error::User(errors) if errors.iter().all(|error| !error.retryable))
}

fn panic_message(error: JoinError) -> String {
    match error.try_into_panic() {
        // A message that was put together may hold contents.
        Ok(panic) => panic
            .downcast_ref::<&str>()
            .map_or("the log says where", |text| text)
            .to_owned(),
        Err(_) => "the task was stopped from outside".to_owned(),
    }
}

/// The pause after a failed attempt: 2ⁿ seconds up to a quarter of an hour, of which a random part, at most half, is left out.
pub(super) fn pause(attempt: i32) -> Duration {
    let exponent = u32::try_from(attempt).unwrap_or(0).min(16);
    let whole = Duration::from_secs(1 << exponent).min(LONGEST_PAUSE);
    // Without randomness the pauses are even, and nothing worse.
    let random = u16::from_le_bytes(clock::random_bytes::<2>().unwrap_or_default());
    whole - whole / 2 * u32::from(random) / u32::from(u16::MAX)
}

/// Writes the ending, again and again while the database fails, as long as the lease can be held.
async fn written(run: &Run, ending: Ending) -> Option<JobStatus> {
    let began = Instant::now();
    let mut wait = Duration::from_millis(100);
    loop {
        let ending = ending.clone();
        match bounded(async { commit!(run.db, jobs::end(run.lease(), ending)) }).await {
            Ok(status) => return status,
            Err(error) => {
                if wait == Duration::from_millis(100) {
                    tracing::warn!(job.id = %run.job.id, %error, "the end of a job could not be written");
                }
                if began.elapsed() >= LEASE {
                    return None;
                }
                sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(5));
            }
        }
    }
}

fn report(kind: &Kind, job: &Job, outcome: Option<JobStatus>, took: Duration) {
    let name = match outcome {
        Some(JobStatus::Succeeded) => "succeeded",
        Some(JobStatus::Queued) => "retried",
        Some(JobStatus::Cancelled) => "cancelled",
        Some(JobStatus::Failed) => "failed",
        Some(JobStatus::Running) | None => "lost",
    };
    metrics::counter!("pluma_jobs_total", "kind" => kind.name, "outcome" => name).increment(1);
    metrics::histogram!("pluma_job_seconds", "kind" => kind.name).record(took.as_secs_f64());
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if matches!(name, "failed" | "lost" | "retried") {
        tracing::warn!(job.id = %job.id, job.kind = kind.name, attempt = job.attempts, outcome = name, duration_ms, "a job did not succeed");
    } else {
        tracing::info!(job.id = %job.id, job.kind = kind.name, attempt = job.attempts, outcome = name, duration_ms, "a job ended");
    }
}
