//! SQLite: one writer and several readers, each a thread with a connection of its own.
//!
//! A whole store future runs in one hop on such a thread. It cannot be cancelled half-way, so a client
//! that goes away neither locks the file nor loses its write.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::sqlite::SqliteConnection;
use diesel_async::AsyncConnection;
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::statements::Statements;
use super::types::Timestamp;
use crate::config;
use crate::error::{Error, Result};
use crate::idempotency::slot;

pub mod full_text;
#[path = "stores.rs"]
pub mod stores;

/// A connection as the stores see it.
pub type Conn = SyncConnectionWrapper<SqliteConnection, Inline>;
/// The dialect.
pub type Backend = diesel::sqlite::Sqlite;

/// Begins a transaction that takes the write lock at once.
pub async fn begin(conn: &mut Conn) -> Result<()> {
    conn.spawn_blocking(|conn| {
        AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
    })
    .await?;
    Ok(())
}

/// The database's time.
pub async fn now(_conn: &mut Conn) -> Result<Timestamp> {
    Ok(Timestamp(crate::clock::system_time()))
}

/// What a dialect adds to a `SELECT` that claims rows for one worker: nothing, as SQLite has one writer.
macro_rules! skip_locked {
    ($query:expr) => {
        $query
    };
}
pub(crate) use skip_locked;

/// What a dialect adds to a `SELECT` whose rows must stay as they are until the transaction ends: nothing, as SQLite has one writer.
macro_rules! shared {
    ($query:expr) => {
        $query
    };
}
pub(crate) use shared;

/// Runs diesel's blocking calls where they are: this thread is made for that.
pub struct Inline;

impl SpawnBlocking for Inline {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, std::result::Result<R, Box<dyn std::error::Error + Send + Sync>>>
    where
        R: Send + 'static,
    {
        Box::pin(std::future::ready(Ok(task())))
    }

    fn get_runtime() -> Self {
        Self
    }
}

type Task = Box<dyn FnOnce(&mut Conn) + Send>;

/// The threads and their queues.
#[derive(Clone)]
pub struct Pool {
    writer: mpsc::Sender<Task>,
    readers: mpsc::Sender<Task>,
    wait: Duration,
    statements: Statements,
}

impl Pool {
    /// Opens (or creates) the file and starts its threads.
    pub fn open(path: &Path, config: &config::Database) -> Result<Self> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(Error::caused_by)?;
        }
        // The writer goes first: it creates the file and sets its journal mode.
        let statements = Statements::default();
        let start = |name, threads| start(name, path, threads, config.queue, &statements);
        let writer = start("sqlite-writer", 1)?;
        let readers = start("sqlite-reader", config.readers)?;
        Ok(Self {
            writer,
            readers,
            wait: config.wait,
            statements,
        })
    }

    /// How many tasks wait for the writer, and how many for a reader.
    pub fn queued(&self) -> (usize, usize) {
        let waiting = |queue: &mpsc::Sender<Task>| queue.max_capacity() - queue.capacity();
        (waiting(&self.writer), waiting(&self.readers))
    }

    /// How many statements ran since the file was opened.
    pub fn statements(&self) -> u64 {
        self.statements.count()
    }

    /// Runs `task` on a reader.
    pub async fn read<T: Send + 'static>(
        &self,
        task: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.run(&self.readers, task).await
    }

    /// Runs `task` on the writer, to its end.
    pub async fn write<T: Send + 'static>(
        &self,
        task: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.run(&self.writer, task).await
    }

    async fn run<T: Send + 'static>(
        &self,
        queue: &mpsc::Sender<Task>,
        task: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (answer, result) = oneshot::channel();
        let slot = slot::current();
        let task: Task = Box::new(move |conn| {
            let work = slot::carried(slot, task(conn));
            // Nobody may be waiting any more; the work is done all the same.
            let _ = answer.send(futures_executor::block_on(work));
        });
        queue
            .send_timeout(task, self.wait)
            .await
            .map_err(|_| super::busy())?;
        result
            .await
            .map_err(|_| Error::internal("a database thread stopped"))?
    }
}

fn start(
    name: &str,
    path: &Path,
    threads: usize,
    queue: usize,
    statements: &Statements,
) -> Result<mpsc::Sender<Task>> {
    let (sender, receiver) = mpsc::channel::<Task>(queue);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..threads {
        let mut conn = connect(path)?;
        conn.set_instrumentation(statements.clone());
        let receiver = Arc::clone(&receiver);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                loop {
                    let task = match receiver.lock() {
                        Ok(mut receiver) => receiver.blocking_recv(),
                        Err(_) => None,
                    };
                    let Some(task) = task else { break };
                    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        task(&mut conn);
                    }));
                    if outcome.is_err() {
                        tracing::error!("a database task panicked");
                    }
                }
            })
            .map_err(Error::caused_by)?;
    }
    Ok(sender)
}

fn connect(path: &Path) -> Result<Conn> {
    let url = path
        .to_str()
        .ok_or_else(|| Error::internal("the path of the database is not UTF-8"))?;
    let mut conn =
        <SqliteConnection as diesel::Connection>::establish(url).map_err(Error::caused_by)?;
    // `busy_timeout` first: changing the journal mode waits for other processes too. With
    // synchronous=NORMAL a power cut would lose acknowledged commits.
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000;
         PRAGMA mmap_size = 268435456;",
    )?;
    Ok(Conn::new(conn))
}

/// Opens one more connection, for migrations.
pub(super) async fn connect_once(path: &Path) -> Result<Conn> {
    connect(path)
}

/// What SQLite's own check finds wrong with the file; empty where nothing is.
pub async fn quick_check(path: &Path) -> Result<Vec<String>> {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        quick_check: String,
    }
    let mut conn = connect(path)?;
    let lines = conn
        .spawn_blocking(|conn| {
            diesel::RunQueryDsl::load::<Line>(diesel::sql_query("PRAGMA quick_check"), conn)
        })
        .await?;
    let lines = lines.into_iter().map(|line| line.quick_check);
    Ok(lines.filter(|line| line != "ok").collect())
}

const _: fn() = || {
    fn is_async_connection<C: AsyncConnection>() {}
    is_async_connection::<Conn>();
};
