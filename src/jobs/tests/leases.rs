//! Leases: who may write a job, and what becomes of one whose worker went silent.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::support::{Engine, Stage, job, lease};
use crate::db::commit;
use crate::jobs::{Ending, JobStatus, LostLease};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lost_its_lease_cannot_write(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let id = stage.enqueue(job(json!(1))).await;
    let old = lease(&stage.claim(LostLease::Again).await.jobs[0]);
    stage.expire_leases().await;
    let taken = stage.claim(LostLease::Again).await;
    assert_eq!(taken.reclaimed, [("test".to_owned(), JobStatus::Queued)]);
    let new = lease(&taken.jobs[0]);
    assert_eq!((new.job, new.attempt), (id, 2));

    let note = Some((0.9, "late".to_owned()));
    assert_eq!(commit!(stage.db, jobs::beat(old, note)).unwrap(), None);
    assert!(!commit!(stage.db, jobs::hold(old)).unwrap());
    for ending in [
        Ending::Succeeded(json!("late")),
        Ending::Failed {
            error: "late".to_owned(),
            user_error: None,
            pause: None,
        },
        Ending::Released(LostLease::Again),
    ] {
        assert_eq!(stage.finish(old, ending).await, None);
    }
    let row = stage.job(id).await;
    assert_eq!((row.status, row.attempts), (JobStatus::Running, 2));
    assert_eq!((row.progress, row.message), (0.0, None));

    assert!(commit!(stage.db, jobs::hold(new)).unwrap());
    let done = stage.finish(new, Ending::Succeeded(json!("done"))).await;
    assert_eq!(done, Some(JobStatus::Succeeded));
    let row = stage.job(id).await;
    assert_eq!(row.result.map(|result| result.0), Some(json!("done")));
    assert_eq!(
        stage.finish(new, Ending::Succeeded(json!("twice"))).await,
        None
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_cannot_be_done_twice_fails_with_its_lease(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let id = stage.enqueue(job(json!(1)).unique("test:1")).await;
    stage.claim(LostLease::Fail).await;
    stage.expire_leases().await;
    let taken = stage.claim(LostLease::Fail).await;
    assert!(taken.jobs.is_empty());
    assert_eq!(taken.reclaimed, [("test".to_owned(), JobStatus::Failed)]);
    let row = stage.job(id).await;
    assert_eq!(row.status, JobStatus::Failed);
    assert!(row.error.unwrap().contains("lease lost"));
    assert!(row.finished_at.is_some() && row.unique_key.is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_takes_its_workers_down_is_given_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let id = stage.enqueue(job(json!(1)).max_attempts(2)).await;
    for attempt in 1..=2 {
        let claimed = stage.claim(LostLease::Again).await;
        assert_eq!(claimed.jobs[0].attempts, attempt);
        stage.expire_leases().await;
    }
    assert!(stage.claim(LostLease::Again).await.jobs.is_empty());
    assert_eq!(stage.job(id).await.status, JobStatus::Failed);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_keeps_the_lease_and_brings_the_cancellation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let id = stage.enqueue(job(json!(1))).await;
    let mine = lease(&stage.claim(LostLease::Again).await.jobs[0]);
    stage.expire_leases().await;
    assert_eq!(
        commit!(stage.db, jobs::beat(mine, None)).unwrap(),
        Some(false)
    );
    let others = stage.claim(LostLease::Again).await;
    assert!(others.jobs.is_empty() && others.reclaimed.is_empty());

    assert!(commit!(stage.db, jobs::hold_wanted(mine)).unwrap());
    assert!(commit!(stage.db, jobs::cancel(id)).unwrap());
    assert!(!commit!(stage.db, jobs::hold_wanted(mine)).unwrap());
    assert!(commit!(stage.db, jobs::hold(mine)).unwrap());
    assert_eq!(
        commit!(stage.db, jobs::beat(mine, None)).unwrap(),
        Some(true)
    );
    let failed = Ending::Failed {
        error: "stopped".to_owned(),
        user_error: None,
        pause: Some(Duration::ZERO),
    };
    let status = stage.finish(mine, failed).await;
    assert_eq!(status, Some(JobStatus::Cancelled));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_job_is_due_at_once_and_has_lost_no_attempt(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let id = stage.enqueue(job(json!(1)).max_attempts(1)).await;
    let mine = lease(&stage.claim(LostLease::Again).await.jobs[0]);
    let status = stage.finish(mine, Ending::Released(LostLease::Again)).await;
    assert_eq!(status, Some(JobStatus::Queued));
    let again = lease(&stage.claim(LostLease::Again).await.jobs[0]);
    assert_eq!((again.job, again.attempt), (id, 2));
}
