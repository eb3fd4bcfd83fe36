//! Migrations: embedded in the program, applied at start under a lock, each in a transaction.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::migration::{Migration, MigrationSource};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{postgres, sqlite};
use crate::config::{self, DatabaseUrl};
use crate::error::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
/// The advisory lock that replicas starting together take: "pluma" as a number.
const LOCK: i64 = 0x70_6c_75_6d_61;
/// How long a process waits for another one that migrates the same file.
const PATIENCE: Duration = Duration::from_secs(120);

/// Applies what is missing and gives the names of what was applied. Blocks; needs a runtime of several threads.
pub async fn run(config: &config::Database) -> Result<Vec<String>> {
    run_telling(config, |_| {}).await
}

/// The same, and calls `tell` with the name of each before it is applied.
pub async fn run_telling(
    config: &config::Database,
    tell: impl FnMut(&str) + Send,
) -> Result<Vec<String>> {
    match &config.url {
        DatabaseUrl::Sqlite(path) => {
            // Released when it is closed, also by a process that dies.
            let _lock = lock(path).await?;
            let conn = sqlite::connect_once(path).await?;
            apply(AsyncMigrationHarness::new(conn), SQLITE, tell)
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = postgres::connect_once(url).await?;
            diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})"))
                .execute(&mut conn)
                .await?;
            // The lock goes with the connection.
            apply(AsyncMigrationHarness::new(conn), POSTGRES, tell)
        }
    }
}

/// The names of the migrations that have not been applied.
pub async fn pending(config: &config::Database) -> Result<Vec<String>> {
    match &config.url {
        DatabaseUrl::Sqlite(path) => {
            let conn = sqlite::connect_once(path).await?;
            missing(AsyncMigrationHarness::new(conn), SQLITE)
        }
        DatabaseUrl::Postgres(url) => {
            let conn = postgres::connect_once(url).await?;
            missing(AsyncMigrationHarness::new(conn), POSTGRES)
        }
    }
}

/// Takes the lock file beside a SQLite database: its own locks do not cover the change to its journal mode,
/// which the first connection to a new file makes.
async fn lock(path: &Path) -> Result<File> {
    let name = path.with_extension("migrating");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::caused_by)?;
    }
    let file = File::create(&name).map_err(Error::caused_by)?;
    let patience = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < patience => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::internal(format!(
                    "another process has been migrating this database for {} seconds",
                    PATIENCE.as_secs()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(Error::caused_by(error)),
        }
    }
}

fn apply<B: diesel::backend::Backend>(
    mut harness: impl MigrationHarness<B>,
    source: impl MigrationSource<B>,
    mut tell: impl FnMut(&str),
) -> Result<Vec<String>> {
    let failed = |error| Error::internal(format!("a migration failed: {error}"));
    tokio::task::block_in_place(|| {
        let mut applied = Vec::new();
        for migration in harness.pending_migrations(source).map_err(failed)? {
            let name = migration.name().to_string();
            tell(&name);
            match harness.run_migration(&*migration) {
                Ok(_) => applied.push(name),
                // Something else than this program may have applied it meanwhile.
                Err(error) => {
                    let version = migration.name().version();
                    let there = harness.applied_migrations().map_err(failed)?;
                    if !there.contains(&version) {
                        return Err(failed(error));
                    }
                }
            }
        }
        Ok(applied)
    })
}

fn missing<B: diesel::backend::Backend>(
    mut harness: impl MigrationHarness<B>,
    source: impl MigrationSource<B>,
) -> Result<Vec<String>> {
    let migrations: Vec<Box<dyn Migration<B>>> =
        tokio::task::block_in_place(|| harness.pending_migrations(source))
            .map_err(|error| Error::internal(format!("migrations cannot be read: {error}")))?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().to_string())
        .collect())
}
