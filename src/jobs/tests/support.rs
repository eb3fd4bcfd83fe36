//! A database of its own for each test, and ways to wait for what a worker does.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use diesel_async::RunQueryDsl;
use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::{self, DatabaseUrl};
use crate::db::{Db, commit, migrations, query};
use crate::error::Result;
use crate::events::Events;
use crate::id::JobId;
use crate::jobs::worker::{Kind, Schedule, Worker};
use crate::jobs::{Claimed, Ending, Job, JobStatus, Lease, LostLease, NewJob};

/// Longer than anything here takes; reached only by a test that fails.
pub const LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A migrated database and the events of one process.
pub struct Stage {
    pub db: Db,
    pub events: Events,
    _folder: Option<tempfile::TempDir>,
}

/// A worker at work.
pub struct AtWork {
    pub shutdown: CancellationToken,
    task: JoinHandle<()>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the tests' server is comes from outside, and is no setting of the program"
)]
fn postgres() -> Url {
    let url = std::env::var("PLUMA_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "PLUMA_TEST_POSTGRES is not set: give the URL of a PostgreSQL superuser, \
             such as postgres://postgres@localhost/postgres (`script/test` starts a server and sets it)"
        )
    });
    Url::parse(&url).expect("PLUMA_TEST_POSTGRES must be a URL")
}

fn settings(url: DatabaseUrl) -> config::Database {
    config::Database {
        url,
        pool: 6,
        readers: 2,
        queue: 1024,
        wait: Duration::from_secs(30),
        statement_timeout: Duration::from_secs(30),
    }
}

fn secret(url: &Url) -> DatabaseUrl {
    DatabaseUrl::Postgres(SecretString::from(url.as_str().to_owned()))
}

impl Stage {
    pub async fn new(engine: Engine) -> Self {
        let (settings, folder) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("jobs.db");
                (settings(DatabaseUrl::Sqlite(path)), Some(folder))
            }
            Engine::Postgres => {
                let mut url = postgres();
                let server = Db::open(&settings(secret(&url))).await.unwrap();
                let name = format!("jobs_{}", crate::clock::new_uuid().simple());
                sql(&server, &format!("CREATE DATABASE {name}")).await;
                url.set_path(&name);
                (settings(secret(&url)), None)
            }
        };
        migrations::run(&settings).await.unwrap();
        Self {
            db: Db::open(&settings).await.unwrap(),
            events: Events::default(),
            _folder: folder,
        }
    }

    pub async fn enqueue(&self, job: NewJob) -> JobId {
        commit!(self.db, jobs::enqueue_alone(job)).unwrap()
    }

    pub async fn job(&self, id: JobId) -> Job {
        query!(self.db, jobs::find(id))
            .unwrap()
            .expect("the job is gone")
    }

    pub async fn claim(&self, policy: LostLease) -> Claimed {
        commit!(self.db, jobs::claim(vec![("test", policy)], 10)).unwrap()
    }

    pub async fn finish(&self, lease: Lease, ending: Ending) -> Option<JobStatus> {
        commit!(self.db, jobs::end(lease, ending)).unwrap()
    }

    /// Makes every lease run out.
    pub async fn expire_leases(&self) {
        let sql = "UPDATE jobs SET lease_until = created_at WHERE lease_until IS NOT NULL";
        self::sql(&self.db, sql).await;
    }

    /// Makes every waiting job due.
    pub async fn make_due(&self) {
        let sql = "UPDATE jobs SET run_at = created_at WHERE status = 'QUEUED'";
        self::sql(&self.db, sql).await;
    }

    /// Waits until the job is as `wanted` says.
    pub async fn until(&self, id: JobId, wanted: impl Fn(&Job) -> bool) -> Job {
        let mut calls = self.events.listen(crate::jobs::progress_topic(id));
        let seen = async {
            loop {
                let job = self.job(id).await;
                if wanted(&job) {
                    return job;
                }
                calls.heard(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(LIMIT, seen).await {
            Ok(job) => job,
            Err(_) => panic!("the job stayed as {:?}", self.job(id).await),
        }
    }

    /// A worker that shares the database with others, as another replica would.
    pub fn worker(&self, concurrency: usize, kinds: Vec<Kind>, schedules: Vec<Schedule>) -> Worker {
        let config = config::Jobs {
            inline: true,
            recurring: true,
            concurrency,
            poll: Duration::from_millis(50),
        };
        Worker::new(
            self.db.clone(),
            self.events.clone(),
            config,
            CancellationToken::new(),
            kinds,
            schedules,
        )
    }
}

impl AtWork {
    pub fn start(worker: Worker) -> Self {
        Self {
            shutdown: worker.shutdown.clone(),
            task: tokio::spawn(worker.run()),
        }
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(LIMIT, self.task)
            .await
            .expect("the worker did not stop")
            .unwrap();
    }
}

/// A job of the kind `test`, made a day ago, so that times set to `created_at` have passed.
pub fn job(payload: serde_json::Value) -> NewJob {
    let now = crate::clock::Clock::default().now();
    NewJob::new("test", payload, now.plus_seconds(-24 * 3600))
}

pub fn kind<F, Done>(run: F) -> Kind
where
    F: Fn(crate::jobs::worker::Run) -> Done + Send + Sync + 'static,
    Done: Future<Output = Result<serde_json::Value>> + Send + 'static,
{
    Kind::new("test", LIMIT, run)
}

pub fn lease(job: &Job) -> Lease {
    Lease {
        job: job.id,
        attempt: job.attempts,
    }
}

/// What handlers saw, in order.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub fn add(&self, what: impl ToString) {
        self.0.lock().unwrap().push(what.to_string());
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Runs a statement that both dialects read alike; gives how many rows it changed.
pub async fn sql(db: &Db, statement: &str) -> usize {
    let statement = statement.to_owned();
    let changed: Result<usize> = match db {
        Db::Sqlite(pool) => {
            pool.write(move |conn| {
                Box::pin(async move { Ok(diesel::sql_query(statement).execute(conn).await?) })
            })
            .await
        }
        Db::Postgres(pool) => {
            pool.write(move |conn| {
                Box::pin(async move { Ok(diesel::sql_query(statement).execute(conn).await?) })
            })
            .await
        }
    };
    changed.unwrap()
}
