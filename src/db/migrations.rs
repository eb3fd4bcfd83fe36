//! Migrations: embedded in the program, applied at start under a lock, each in a transaction.

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

/// Applies what is missing and gives the names of what was applied. Blocks; needs a runtime of several threads.
pub async fn run(config: &config::Database) -> Result<Vec<String>> {
    match &config.url {
        DatabaseUrl::Sqlite(path) => {
            let conn = sqlite::connect_once(path).await?;
            // Every migration takes SQLite's write lock, and one process applies them at a time.
            apply(AsyncMigrationHarness::new(conn), SQLITE)
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = postgres::connect_once(url).await?;
            diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})"))
                .execute(&mut conn)
                .await?;
            // The lock goes with the connection.
            apply(AsyncMigrationHarness::new(conn), POSTGRES)
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

fn apply<B: diesel::backend::Backend>(
    mut harness: impl MigrationHarness<B>,
    source: impl MigrationSource<B>,
) -> Result<Vec<String>> {
    let versions = tokio::task::block_in_place(|| harness.run_pending_migrations(source))
        .map_err(|error| Error::internal(format!("a migration failed: {error}")))?;
    Ok(versions.iter().map(ToString::to_string).collect())
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
