//! PostgreSQL: a pool of connections, each with a limit on how long a statement may take.

use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::Pool as Deadpool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, TransactionManager};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use super::statements::Statements;
use super::types::{Instant, Timestamp};
use crate::config;
use crate::error::{Code, Error, Result};
use crate::idempotency::slot;

pub mod full_text;
#[path = "stores.rs"]
pub mod stores;

/// A connection as the stores see it.
pub type Conn = AsyncPgConnection;
/// The dialect.
pub type Backend = diesel::pg::Pg;

/// Begins a transaction.
pub async fn begin(conn: &mut Conn) -> Result<()> {
    <Conn as AsyncConnection>::TransactionManager::begin_transaction(conn).await?;
    Ok(())
}

/// The database's time.
pub async fn now(conn: &mut Conn) -> Result<Timestamp> {
    let now = diesel::select(diesel::dsl::sql::<Instant>("clock_timestamp()"))
        .get_result::<Timestamp>(conn)
        .await?;
    Ok(now)
}

/// What a dialect adds to a `SELECT` that claims rows for one worker among many.
macro_rules! skip_locked {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}
pub(crate) use skip_locked;

/// What a dialect adds to a `SELECT` whose rows must stay as they are until the transaction ends.
macro_rules! shared {
    ($query:expr) => {
        $query.for_share()
    };
}
pub(crate) use shared;

/// The pool.
#[derive(Clone)]
pub struct Pool {
    pool: Deadpool<AsyncPgConnection>,
    statements: Statements,
}

impl Pool {
    /// Prepares a pool; the first connection is made at once, so that a wrong address shows at the start.
    pub async fn open(url: &SecretString, config: &config::Database) -> Result<Self> {
        let mut manager = ManagerConfig::default();
        // The default sends `SELECT 1` at every checkout.
        manager.recycling_method = RecyclingMethod::Fast;
        let statement_timeout = config.statement_timeout;
        let statements = Statements::default();
        let counted = statements.clone();
        manager.custom_setup = Box::new(move |url| {
            let (connecting, counted) =
                (connect(url.to_owned(), statement_timeout), counted.clone());
            async move {
                let mut conn = connecting.await?;
                conn.set_instrumentation(counted);
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(
            url.expose_secret(),
            manager,
        );
        let pool = Deadpool::builder(manager)
            .max_size(config.pool)
            .wait_timeout(Some(config.wait))
            .create_timeout(Some(Duration::from_secs(10)))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(Error::caused_by)?;
        let pool = Self { pool, statements };
        drop(pool.pool.get().await.map_err(Error::caused_by)?);
        Ok(pool)
    }

    /// Connections in the pool, and how many of them are idle.
    pub fn size(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }

    /// How many statements were sent since the pool was opened.
    pub fn statements(&self) -> u64 {
        self.statements.count()
    }

    async fn connection(
        &self,
    ) -> Result<diesel_async::pooled_connection::deadpool::Object<AsyncPgConnection>> {
        use diesel_async::pooled_connection::deadpool::PoolError;
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => super::busy(),
            other => {
                tracing::warn!(error = %other, "no connection to the database");
                Error::refused(
                    Code::ServiceUnavailable,
                    "The database is not reachable at the moment; try again.",
                )
            }
        })
    }

    /// Runs `task` on a connection of the pool.
    pub async fn read<T: Send + 'static>(
        &self,
        task: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let mut conn = self.connection().await?;
        task(&mut conn).await
    }

    /// Runs `task` in a task of its own, to its end, whatever becomes of the caller.
    pub async fn write<T: Send + 'static>(
        &self,
        task: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let mut conn = self.connection().await?;
        let slot = slot::current();
        tokio::spawn(async move { slot::carried(slot, task(&mut conn)).await })
            .await
            .map_err(|error| Error::task_stopped(&error))?
    }
}

fn connect(
    url: String,
    statement_timeout: Duration,
) -> BoxFuture<'static, diesel::ConnectionResult<AsyncPgConnection>> {
    async move {
        // The error alone says "db error"; what a person can act on is its cause.
        let bad = |error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error);
            let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
            ConnectionError::BadConnection(format!("{error}{cause}"))
        };
        let mut config: tokio_postgres::Config = url.parse().map_err(bad)?;
        config
            .application_name("pluma")
            .connect_timeout(Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(30))
            .options(format!(
                "-c statement_timeout={ms} -c lock_timeout={ms} -c idle_in_transaction_session_timeout=60000",
                ms = statement_timeout.as_millis()
            ));
        let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls_config()?);
        let (client, connection) = config.connect(tls).await.map_err(bad)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
    .boxed()
}

/// Trusts what the system trusts; used where the URL says `sslmode=require` or `prefer`.
fn tls_config() -> diesel::ConnectionResult<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Opens one connection outside of the pool, for migrations.
pub(super) async fn connect_once(url: &SecretString) -> Result<Conn> {
    connect(url.expose_secret().to_owned(), Duration::from_secs(600))
        .await
        .map_err(Error::caused_by)
}
