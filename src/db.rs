//! The database: one handle for services, whichever dialect is behind it.
//!
//! Stores are written once and compiled once per dialect (`sqlite::stores`, `postgres::stores`).
//! Services reach them through `query!` and `commit!`.

pub mod migrations;
pub mod postgres;
pub mod schema;
pub mod sqlite;
pub mod statements;
pub mod top_of_each;
pub mod types;

use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel_async::{AsyncConnection, TransactionManager};

use crate::config::{self, DatabaseUrl};
use crate::error::{Code, Error, Result};

/// A handle to the database; cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// One file, one writer, several readers.
    Sqlite(sqlite::Pool),
    /// A pool of connections to a server.
    Postgres(postgres::Pool),
}

impl Db {
    /// Opens the database that the configuration names; creates the file of a SQLite one.
    pub async fn open(config: &config::Database) -> Result<Self> {
        match &config.url {
            DatabaseUrl::Sqlite(path) => sqlite::Pool::open(path, config).map(Self::Sqlite),
            DatabaseUrl::Postgres(url) => {
                postgres::Pool::open(url, config).await.map(Self::Postgres)
            }
        }
    }

    /// The name of the engine, for people and metrics.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// How many statements were sent to the database since it was opened.
    pub fn statements(&self) -> u64 {
        match self {
            Self::Sqlite(pool) => pool.statements(),
            Self::Postgres(pool) => pool.statements(),
        }
    }
}

/// Runs a store function that only reads: `query!(app.db, users::find(id))?`.
///
/// Arguments are evaluated first and moved to where the statement runs.
macro_rules! query {
    ($db:expr, $($call:tt)*) => { $crate::db::dispatch!($db, read, $($call)*) };
}

/// Runs a store function that writes. It runs to its end even when the caller goes away.
macro_rules! commit {
    ($db:expr, $($call:tt)*) => { $crate::db::dispatch!($db, write, $($call)*) };
}

macro_rules! dispatch {
    (@run $db:expr, $method:ident, [$($path:tt)*], $($arg:ident),*) => {
        match &$db {
            $crate::db::Db::Sqlite(pool) => {
                pool.$method(move |conn| Box::pin(async move {
                    $crate::db::sqlite::stores::$($path)*(conn, $($arg),*).await
                })).await
            }
            $crate::db::Db::Postgres(pool) => {
                pool.$method(move |conn| Box::pin(async move {
                    $crate::db::postgres::stores::$($path)*(conn, $($arg),*).await
                })).await
            }
        }
    };
    ($db:expr, $method:ident, $store:ident :: $function:ident ()) => {
        $crate::db::dispatch!(@run $db, $method, [$store::$function], )
    };
    ($db:expr, $method:ident, $store:ident :: $function:ident ($a:expr $(,)?)) => {{
        let a = $a;
        $crate::db::dispatch!(@run $db, $method, [$store::$function], a)
    }};
    ($db:expr, $method:ident, $store:ident :: $function:ident ($a:expr, $b:expr $(,)?)) => {{
        let (a, b) = ($a, $b);
        $crate::db::dispatch!(@run $db, $method, [$store::$function], a, b)
    }};
    ($db:expr, $method:ident, $store:ident :: $function:ident ($a:expr, $b:expr, $c:expr $(,)?)) => {{
        let (a, b, c) = ($a, $b, $c);
        $crate::db::dispatch!(@run $db, $method, [$store::$function], a, b, c)
    }};
    ($db:expr, $method:ident, $store:ident :: $function:ident ($a:expr, $b:expr, $c:expr, $d:expr $(,)?)) => {{
        let (a, b, c, d) = ($a, $b, $c, $d);
        $crate::db::dispatch!(@run $db, $method, [$store::$function], a, b, c, d)
    }};
    ($db:expr, $method:ident, $store:ident :: $function:ident ($a:expr, $b:expr, $c:expr, $d:expr, $e:expr $(,)?)) => {{
        let (a, b, c, d, e) = ($a, $b, $c, $d, $e);
        $crate::db::dispatch!(@run $db, $method, [$store::$function], a, b, c, d, e)
    }};
}
pub(crate) use {commit, dispatch, query};

/// Runs a block of a store in one transaction: committed when it gives `Ok`, rolled back otherwise.
///
/// A macro, because closures over a connection of either dialect need bounds that diesel-async keeps private.
macro_rules! transaction {
    ($conn:ident, $body:block) => {{
        super::begin($conn).await?;
        let outcome: $crate::error::Result<_> = async { $body }.await;
        super::finish($conn, outcome).await
    }};
}
pub(crate) use transaction;

/// Ends a transaction as `outcome` demands.
async fn finish<C: AsyncConnection, T>(conn: &mut C, outcome: Result<T>) -> Result<T> {
    match outcome {
        Ok(value) => {
            C::TransactionManager::commit_transaction(conn).await?;
            Ok(value)
        }
        Err(error) => {
            C::TransactionManager::rollback_transaction(conn).await?;
            Err(error)
        }
    }
}

/// The name of the constraint that a statement violated, in PostgreSQL's form (`users_username_key`).
pub fn violated_constraint(error: &Error) -> Option<String> {
    let Error::Internal(cause) = error else {
        return None;
    };
    let Some(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, info)) =
        cause.downcast_ref::<Diesel>()
    else {
        return None;
    };
    match info.constraint_name() {
        Some(name) => Some(name.to_owned()),
        // SQLite: "UNIQUE constraint failed: users.username_key".
        None => info
            .message()
            .rsplit(": ")
            .next()
            .map(|column| column.replace('.', "_")),
    }
}

/// The answer when a wait for the database reached its limit.
fn busy() -> Error {
    Error::refused(
        Code::ServiceUnavailable,
        "The database is busy; nothing was changed. Try again in a moment.",
    )
}
