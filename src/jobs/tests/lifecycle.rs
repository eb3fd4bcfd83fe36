//! Workers over time: stopping, going on through failures, and schedules.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use tokio::sync::Notify;

use super::support::{AtWork, Engine, LIMIT, Seen, Stage, job, kind, sql};
use crate::db::{commit, query};
use crate::jobs::worker::{CLEAN, Kind, Run, Schedule};
use crate::jobs::{JobStatus, LostLease};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_worker_waits_for_what_runs(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let told = (began.clone(), go.clone());
    let waiting = kind(move |run: Run| {
        let (began, go) = told.clone();
        async move {
            began.notify_one();
            go.notified().await;
            Ok(json!(run.cancelled().is_cancelled()))
        }
    });
    let worker = AtWork::start(stage.worker(1, vec![waiting], vec![]));
    let id = stage.enqueue(job(json!(1))).await;
    tokio::time::timeout(LIMIT, began.notified()).await.unwrap();
    worker.shutdown.cancel();
    let late = stage.enqueue(job(json!(2))).await;
    go.notify_one();
    worker.stop().await;
    let row = stage.job(id).await;
    assert_eq!(row.result.map(|result| result.0), Some(json!(false)));
    assert_eq!(stage.job(late).await.status, JobStatus::Queued);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_worker_gives_up_what_does_not_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(LostLease::Again, LostLease::Fail)] policy: LostLease,
) {
    let stage = Stage::new(engine).await;
    let began = Arc::new(Notify::new());
    let told = began.clone();
    let mut stubborn = kind(move |_| {
        let began = told.clone();
        async move {
            began.notify_one();
            std::future::pending().await
        }
    });
    stubborn.lost_lease = policy;
    let worker = stage.worker(1, vec![stubborn], vec![]);
    let worker = AtWork::start(worker.grace(Duration::ZERO));
    let id = stage.enqueue(job(json!(1)).max_attempts(1)).await;
    tokio::time::timeout(LIMIT, began.notified()).await.unwrap();
    worker.stop().await;
    let row = stage.job(id).await;
    assert_eq!(row.lease_until, None);
    match policy {
        LostLease::Again => {
            assert_eq!(row.status, JobStatus::Queued);
            let done = kind(|_| async { Ok(json!("done")) });
            let other = AtWork::start(stage.worker(1, vec![done], vec![]));
            let row = stage.until(id, |job| job.finished_at.is_some()).await;
            assert_eq!(row.status, JobStatus::Succeeded);
            other.stop().await;
        }
        LostLease::Fail => {
            assert_eq!(row.status, JobStatus::Failed);
            assert!(row.error.unwrap().contains("interrupted"));
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_runs_once_per_period_with_two_workers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let seen = Seen::default();
    let counting = || {
        let seen = seen.clone();
        Kind::new("test", LIMIT, move |run: Run| {
            let seen = seen.clone();
            async move {
                seen.add(run.job.id);
                Ok(json!(null))
            }
        })
    };
    // Seven days: a test does not see the period end, but for one moment a week.
    let schedule = Schedule {
        kind: "test",
        every: Duration::from_secs(7 * 24 * 3600),
    };
    let workers: Vec<AtWork> = (0..2)
        .map(|_| AtWork::start(stage.worker(2, vec![counting()], vec![schedule])))
        .collect();
    let id = crate::jobs::worker::period_id(
        schedule.kind,
        schedule.every,
        crate::clock::Clock::default().now(),
    );
    let both = async {
        loop {
            let jobs = query!(stage.db, jobs::list(None, Some(JobStatus::Succeeded), 10)).unwrap();
            if jobs.iter().any(|job| job.kind == CLEAN) && jobs.iter().any(|job| job.id == id) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, both).await.unwrap();
    for worker in workers {
        worker.stop().await;
    }
    // A worker that starts afterwards, in the same period, and a job to see that it has worked.
    let third = AtWork::start(stage.worker(2, vec![counting()], vec![schedule]));
    let last = stage.enqueue(job(json!(1))).await;
    stage.until(last, |job| job.finished_at.is_some()).await;
    third.stop().await;
    assert_eq!(seen.all(), [id.to_string(), last.to_string()]);

    let (kind, every) = (schedule.kind, schedule.every);
    assert!(!commit!(stage.db, jobs::enqueue_period(kind, every)).unwrap());
    // The next period, seen from one that began earlier.
    sql(&stage.db, "DELETE FROM jobs").await;
    assert!(commit!(stage.db, jobs::enqueue_period(kind, every)).unwrap());
    let shorter = every / 2;
    assert!(!commit!(stage.db, jobs::enqueue_period(kind, shorter)).unwrap());
}

#[test]
fn a_period_has_one_id_and_the_next_another() {
    use crate::jobs::worker::period_id;
    let hour = Duration::from_secs(3600);
    let start = crate::db::types::Timestamp::EPOCH.plus(hour * 500_000);
    let id = |seconds| period_id("test", hour, start.plus_seconds(seconds));
    assert_eq!(id(0), id(3599));
    assert!(id(0) < id(3600) && id(-1) < id(0));
    assert_ne!(id(0), period_id("other", hour, start));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_outlives_a_database_that_fails(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    sql(&stage.db, "ALTER TABLE jobs RENAME TO jobs_away").await;
    let done = kind(|_| async { Ok(json!("done")) });
    let worker = stage.worker(1, vec![done], vec![]);
    let mut failures = worker.failures();
    let worker = AtWork::start(worker);
    tokio::time::timeout(LIMIT, failures.wait_for(|count| *count >= 2))
        .await
        .unwrap()
        .unwrap();
    sql(&stage.db, "ALTER TABLE jobs_away RENAME TO jobs").await;
    let id = stage.enqueue(job(json!(1))).await;
    let row = stage.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!(row.status, JobStatus::Succeeded);
    worker.stop().await;
}
