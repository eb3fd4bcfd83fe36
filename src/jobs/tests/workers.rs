//! Workers at work: sharing, retrying, cancelling, telling of progress.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Notify;

use super::support::{AtWork, Engine, Seen, Stage, job, kind};
use crate::db::commit;
use crate::error::{Error, UserErrorCode};
use crate::jobs::supervise::pause;
use crate::jobs::worker::Run;
use crate::jobs::{JobStatus, cancel_topic, topic};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_share_two_hundred_jobs_and_each_runs_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let mut ids = Vec::new();
    for n in 0..200 {
        ids.push(stage.enqueue(job(json!({ "n": n }))).await);
    }
    #[derive(Deserialize)]
    struct Payload {
        n: u32,
    }
    let (seen, by_first) = (Seen::default(), Seen::default());
    let recording = |who: Option<Seen>| {
        let seen = seen.clone();
        kind(move |run: Run| {
            let (seen, who) = (seen.clone(), who.clone());
            async move {
                let Payload { n } = run.payload()?;
                seen.add(n);
                if let Some(who) = who {
                    who.add(n);
                }
                Ok(json!(n))
            }
        })
    };
    let first = stage.worker(4, vec![recording(Some(by_first.clone()))], vec![]);
    let second = stage.worker(4, vec![recording(None)], vec![]);
    let (first, second) = (AtWork::start(first), AtWork::start(second));
    for (n, id) in ids.iter().enumerate() {
        let row = stage.until(*id, |job| job.finished_at.is_some()).await;
        assert_eq!((row.status, row.attempts), (JobStatus::Succeeded, 1));
        assert_eq!(row.result.map(|result| result.0), Some(json!(n)));
        assert_eq!(row.progress, 1.0);
    }
    first.stop().await;
    second.stop().await;
    let mut ran: Vec<u32> = seen.all().iter().map(|n| n.parse().unwrap()).collect();
    ran.sort_unstable();
    assert_eq!(ran, (0..200).collect::<Vec<_>>());
    assert!(
        (1..200).contains(&by_first.all().len()),
        "nothing was shared"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_job_waits_is_tried_again_and_becomes_a_dead_letter(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let failing = kind(|_| async { Err(Error::internal("the disk\0 is full")) });
    let worker = AtWork::start(stage.worker(1, vec![failing], vec![]));
    let id = stage.enqueue(job(json!(1)).max_attempts(3)).await;
    stage.events.wake(topic());
    for attempt in 1..3 {
        let row = stage
            .until(id, |job| {
                job.attempts == attempt && job.status == JobStatus::Queued
            })
            .await;
        assert_eq!(row.error.as_deref(), Some("the disk is full"));
        let waits = row.run_at.0 - row.started_at.unwrap().0;
        assert!(waits >= chrono::Duration::milliseconds(1000 << (attempt - 1)));
        stage.make_due().await;
        stage.events.wake(topic());
    }
    let row = stage.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((row.status, row.attempts), (JobStatus::Failed, 3));
    assert_eq!(row.error.as_deref(), Some("the disk is full"));
    worker.stop().await;
}

#[test]
fn pauses_double_up_to_a_quarter_of_an_hour() {
    for attempt in 1..2000 {
        let whole = Duration::from_secs(2_u64.saturating_pow(attempt).min(900));
        let pause = pause(i32::try_from(attempt).unwrap());
        assert!(pause >= whole / 2 && pause <= whole, "{attempt}: {pause:?}");
    }
    let pauses: std::collections::HashSet<_> = (0..100).map(|_| pause(8)).collect();
    assert!(pauses.len() > 50, "no jitter");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_a_user_would_have_to_correct_is_final(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let refusing = kind(|_| async {
        Err(Error::user(
            UserErrorCode::Conflict,
            ["page"],
            "The page has changed.",
        ))
    });
    let worker = AtWork::start(stage.worker(1, vec![refusing], vec![]));
    let id = stage.enqueue(job(json!(1))).await;
    let row = stage.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((row.status, row.attempts), (JobStatus::Failed, 1));
    worker.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_a_failed_attempt_and_the_worker_goes_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let panicking = kind(|run: Run| async move {
        match run.job.attempts {
            1 => panic!("the first time goes wrong"),
            // What is put together may hold contents, and stays out.
            number @ 2 => panic!("content of attempt {number}"),
            _ => Ok(json!("better")),
        }
    });
    let worker = AtWork::start(stage.worker(1, vec![panicking], vec![]));
    let id = stage.enqueue(job(json!(1))).await;
    let row = stage.until(id, |job| job.error.is_some()).await;
    assert_eq!(row.status, JobStatus::Queued);
    assert!(row.error.unwrap().contains("the first time goes wrong"));
    stage.make_due().await;
    let row = stage.until(id, |job| {
        job.attempts == 2 && job.status == JobStatus::Queued
    });
    let error = row.await.error.unwrap();
    assert!(
        error.contains("panicked") && !error.contains("content"),
        "{error}"
    );
    stage.make_due().await;
    let row = stage.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((row.status, row.attempts), (JobStatus::Succeeded, 3));
    assert_eq!(row.error, None);
    worker.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_past_its_time_limit_fails(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let mut endless = kind(|run: Run| async move {
        run.cancelled().cancelled().await;
        Err(Error::internal("told to stop"))
    });
    endless.timeout = Duration::from_millis(100);
    let worker = AtWork::start(stage.worker(1, vec![endless], vec![]));
    let id = stage.enqueue(job(json!(1)).max_attempts(1)).await;
    let row = stage.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!(row.status, JobStatus::Failed);
    assert_eq!(row.error.as_deref(), Some("took longer than 0.1 s"));
    worker.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_stops_when_it_is_cancelled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let patient = kind(|run: Run| async move {
        run.progress(0.25, "reading").await?;
        run.cancelled().cancelled().await;
        Err(Error::internal("stopped on request"))
    });
    let worker = AtWork::start(stage.worker(1, vec![patient], vec![]));
    let id = stage.enqueue(job(json!(1))).await;
    let row = stage.until(id, |job| job.message.is_some()).await;
    assert_eq!(row.status, JobStatus::Running);
    assert_eq!(row.progress, 0.25);
    assert_eq!(row.message.as_deref(), Some("reading"));
    assert!(commit!(stage.db, jobs::cancel(id)).unwrap());
    stage.events.wake(cancel_topic(id));
    let row = stage.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!(row.status, JobStatus::Cancelled);
    worker.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_kept_within_bounds_and_tells_of_a_lost_lease(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let (go, seen) = (Arc::new(Notify::new()), Seen::default());
    let told = (go.clone(), seen.clone());
    let odd = kind(move |run: Run| {
        let (go, seen) = told.clone();
        async move {
            run.progress(f64::NAN, "not a number").await?;
            run.progress(7.0, "too much\0").await?;
            go.notified().await;
            seen.add(run.progress(0.5, "late").await.is_err());
            run.cancelled().cancelled().await;
            seen.add("told");
            Ok(json!("late"))
        }
    });
    let worker = AtWork::start(stage.worker(1, vec![odd], vec![]));
    let id = stage.enqueue(job(json!(1))).await;
    let row = stage
        .until(id, |job| job.message.as_deref() == Some("too much"))
        .await;
    assert_eq!(row.progress, 1.0);
    // Another worker's attempt has begun meanwhile.
    super::support::sql(&stage.db, "UPDATE jobs SET attempts = attempts + 1").await;
    go.notify_one();
    worker.stop().await;
    assert_eq!(seen.all(), ["true", "told"]);
    let row = stage.job(id).await;
    assert_eq!((row.status, row.result), (JobStatus::Running, None));
}
