//! A database of the benchmark's own, migrated by Pluma and filled by SQL.

use std::time::Duration;

use anyhow::{Context, Result};
use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use pluma::config::Config;
use pluma::db::migrations;
use tempfile::TempDir;
use tokio_postgres::NoTls;
use url::Url;

use crate::{Engine, index, process, seed};

/// The database.
pub enum Database {
    /// On a server.
    Postgres {
        /// Where databases are made and dropped.
        server: Url,
        /// The benchmark's own.
        name: String,
        /// The head of the server's processes, where it runs on this machine.
        postmaster: Option<u32>,
    },
    /// In a folder that goes with this value.
    Sqlite(TempDir),
}

impl Database {
    /// Makes an empty one.
    pub async fn create(engine: Engine) -> Result<Self> {
        if engine == Engine::Sqlite {
            return Ok(Self::Sqlite(tempfile::tempdir()?));
        }
        let server = postgres_server()?;
        let name = format!("pluma_bench_{}", std::process::id());
        let client = connect(&server).await?;
        let row = client.query_one("SELECT pg_backend_pid()", &[]).await?;
        let backend: i32 = row.try_get(0)?;
        let postmaster = u32::try_from(backend).ok().and_then(local_parent);
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await?;
        Ok(Self::Postgres {
            server,
            name,
            postmaster,
        })
    }

    /// Its URL, as Pluma reads it.
    pub fn url(&self) -> String {
        match self {
            Self::Postgres { server, name, .. } => {
                let mut url = server.clone();
                url.set_path(name);
                url.into()
            }
            Self::Sqlite(folder) => format!("sqlite:{}/pluma.db", folder.path().display()),
        }
    }

    /// Applies Pluma's migrations and writes the rows.
    pub async fn seed(&self) -> Result<()> {
        let env = |name: &str| (name == "DATABASE_URL").then(|| self.url());
        let config = Config::load_from(&env, None).map_err(|error| anyhow::anyhow!("{error}"))?;
        migrations::run(&config.database).await?;
        match self {
            Self::Postgres { .. } => {
                let client = connect(&Url::parse(&self.url())?).await?;
                for statement in [
                    seed::statements(&seed::Postgres)?,
                    index::statements(&seed::Postgres),
                ]
                .concat()
                {
                    client.batch_execute(&statement).await?;
                }
                // What autovacuum does in a database that lives.
                client.batch_execute("VACUUM ANALYZE").await?;
                client.batch_execute("CHECKPOINT").await?;
            }
            Self::Sqlite(folder) => {
                let path = folder.path().join("pluma.db");
                let path = path.to_str().context("the folder's name is not UTF-8")?;
                let mut conn = <SqliteConnection as diesel::Connection>::establish(path)?;
                conn.batch_execute("BEGIN")?;
                for statement in [
                    seed::statements(&seed::Sqlite)?,
                    index::statements(&seed::Sqlite),
                ]
                .concat()
                {
                    conn.batch_execute(&statement)?;
                }
                conn.batch_execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")?;
            }
        }
        Ok(())
    }

    /// The processor's time that its processes took so far; `None` where they are not to be seen.
    pub fn cpu(&self) -> Result<Option<Duration>> {
        match self {
            Self::Postgres { postmaster, .. } => postmaster.map(process::family_cpu).transpose(),
            Self::Sqlite(_) => Ok(None),
        }
    }

    /// Removes it.
    pub async fn remove(self) -> Result<()> {
        if let Self::Postgres { server, name, .. } = self {
            let client = connect(&server).await?;
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            client.batch_execute(&drop).await?;
        }
        Ok(())
    }
}

/// The parent of a backend, if that is a process of this machine.
fn local_parent(backend: u32) -> Option<u32> {
    let name = std::fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    let is_postgres = name.trim() == "postgres";
    is_postgres.then(|| process::parent(backend).ok()).flatten()
}

async fn connect(url: &Url) -> Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the benchmark finds its server is no part of the configuration"
)]
fn postgres_server() -> Result<Url> {
    let url = std::env::var("PLUMA_BENCH_POSTGRES")
        .or_else(|_| std::env::var("PLUMA_TEST_POSTGRES"))
        .context(
            "PLUMA_BENCH_POSTGRES is not set: it names a PostgreSQL server of this machine with a superuser, \
             as postgres://postgres@127.0.0.1:5432/postgres; `script/bench` starts one by itself",
        )?;
    Ok(Url::parse(&url)?)
}
