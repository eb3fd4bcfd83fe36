//! The table as a queue: transactions, unique keys, cancellation, counts and cleaning.

use rstest::rstest;
use serde_json::json;

use super::support::{Engine, Stage, job, lease, sql};
use crate::db::{Db, commit, query};
use crate::error::{Error, Result};
use crate::jobs::{Counts, Ending, JobStatus, LostLease, NewJob, counts};

/// Enqueues in a transaction that then fails.
macro_rules! roll_back {
    ($pool:expr, $dialect:ident, $job:expr) => {{
        let job: NewJob = $job;
        $pool
            .write(move |conn| {
                Box::pin(async move {
                    use crate::db::$dialect::{begin, stores};
                    use diesel_async::{AsyncConnection, TransactionManager};
                    type Manager =
                        <crate::db::$dialect::Conn as AsyncConnection>::TransactionManager;
                    begin(conn).await?;
                    stores::jobs::enqueue(conn, job).await?;
                    Manager::rollback_transaction(conn).await?;
                    Err::<(), _>(Error::internal("changed its mind"))
                })
            })
            .await
    }};
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_a_transaction_that_is_rolled_back_never_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let outcome: Result<()> = match &stage.db {
        Db::Sqlite(pool) => roll_back!(pool, sqlite, job(json!(1)).unique("test:1")),
        Db::Postgres(pool) => roll_back!(pool, postgres, job(json!(1)).unique("test:1")),
    };
    outcome.unwrap_err();
    assert_eq!(counts(&stage.db).await.unwrap(), Counts::default());
    stage.enqueue(job(json!(1)).unique("test:1")).await;
    assert_eq!(counts(&stage.db).await.unwrap().due, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unique_key_moves_the_waiting_job(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let later = crate::clock::Clock::default().now().plus_seconds(3600);
    let first = stage.enqueue(job(json!("old")).unique("test:1")).await;
    let again = stage
        .enqueue(job(json!("new")).unique("test:1").at(later).about("page_1"))
        .await;
    assert_eq!(first, again);
    let row = stage.job(first).await;
    assert_eq!(row.payload.0, json!("new"));
    assert_eq!(row.run_at, later);
    assert_eq!(row.subject_id.as_deref(), Some("page_1"));
    let other = stage.enqueue(job(json!("other")).unique("test:2")).await;
    assert_ne!(first, other);
    assert_eq!(counts(&stage.db).await.unwrap().scheduled, 1);
    let claimed = stage.claim(LostLease::Again).await.jobs;
    assert_eq!(
        claimed.iter().map(|job| job.id).collect::<Vec<_>>(),
        [other]
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unique_key_is_free_while_its_job_runs_and_the_old_job_is_not_tried_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let old = stage.enqueue(job(json!("old")).unique("test:1")).await;
    let running = stage.claim(LostLease::Again).await.jobs.remove(0);
    let new = stage.enqueue(job(json!("new")).unique("test:1")).await;
    assert_ne!(old, new);
    let ending = Ending::Failed {
        error: "no".to_owned(),
        user_error: None,
        pause: Some(std::time::Duration::ZERO),
    };
    let status = stage.finish(lease(&running), ending).await;
    assert_eq!(status, Some(JobStatus::Failed));
    let held = query!(stage.db, jobs::find_unique("test:1".to_owned())).unwrap();
    assert_eq!(held.map(|job| job.id), Some(new));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_of_one_unique_key_make_one_job(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let writers = (0..20).map(|n| stage.enqueue(job(json!(n)).unique("test:1")));
    let ids = futures_util::future::join_all(writers).await;
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(counts(&stage.db).await.unwrap().due, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_is_not_run_and_its_key_is_free(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let id = stage.enqueue(job(json!(1)).unique("test:1")).await;
    let cancelled: Result<Vec<bool>> = match &stage.db {
        Db::Sqlite(pool) => {
            pool.write(|conn| {
                Box::pin(async move {
                    use crate::db::sqlite::stores::jobs::cancel_unique;
                    let known = cancel_unique(conn, "test:1").await?;
                    Ok(vec![known, cancel_unique(conn, "test:1").await?])
                })
            })
            .await
        }
        Db::Postgres(pool) => {
            pool.write(|conn| {
                Box::pin(async move {
                    use crate::db::postgres::stores::jobs::cancel_unique;
                    let known = cancel_unique(conn, "test:1").await?;
                    Ok(vec![known, cancel_unique(conn, "test:1").await?])
                })
            })
            .await
        }
    };
    assert_eq!(cancelled.unwrap(), [true, false]);
    let row = stage.job(id).await;
    assert_eq!(row.status, JobStatus::Cancelled);
    assert!(row.finished_at.is_some() && row.unique_key.is_none());
    assert!(stage.claim(LostLease::Again).await.jobs.is_empty());
    assert!(!commit!(stage.db, jobs::cancel(id)).unwrap());
    assert_ne!(stage.enqueue(job(json!(2)).unique("test:1")).await, id);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_leaves_kinds_it_does_not_know(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let now = crate::clock::Clock::default().now();
    let id = stage
        .enqueue(NewJob::new("of.another.version", json!(1), now))
        .await;
    assert!(stage.claim(LostLease::Again).await.jobs.is_empty());
    assert_eq!(stage.job(id).await.status, JobStatus::Queued);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_jobs_are_kept_a_week_and_failed_ones_a_month(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let now = crate::clock::Clock::default().now();
    // `created_at` carries the age, and the age becomes the time of the end.
    let mut left = Vec::new();
    for (status, days, stays) in [
        ("SUCCEEDED", 6, true),
        ("SUCCEEDED", 8, false),
        ("CANCELLED", 8, false),
        ("FAILED", 29, true),
        ("FAILED", 31, false),
        ("QUEUED", 400, true),
    ] {
        let made = now.plus_seconds(-days * 24 * 3600);
        let id = stage
            .enqueue(NewJob::new("test", json!(status), made))
            .await;
        let end = format!("UPDATE jobs SET status = '{status}' WHERE created_at = run_at");
        sql(
            &stage.db,
            "UPDATE jobs SET run_at = created_at WHERE status = 'QUEUED' AND finished_at IS NULL",
        )
        .await;
        if status != "QUEUED" {
            let end = format!("{end} AND status = 'QUEUED'");
            assert_eq!(sql(&stage.db, &end).await, 1);
        }
        if stays {
            left.push(id);
        }
    }
    sql(
        &stage.db,
        "UPDATE jobs SET finished_at = created_at WHERE status <> 'QUEUED'",
    )
    .await;
    assert_eq!(counts(&stage.db).await.unwrap().dead, 2);
    assert_eq!(commit!(stage.db, jobs::delete_old()).unwrap(), 3);
    let mut found: Vec<_> = query!(stage.db, jobs::list(None, None, 10))
        .unwrap()
        .into_iter()
        .map(|job| job.id)
        .collect();
    found.sort_unstable();
    assert_eq!(found, left);
    let failed = query!(stage.db, jobs::list(None, Some(JobStatus::Failed), 10)).unwrap();
    assert_eq!(failed.len(), 1);
}
