//! SQL types that every dialect has in its own way, and the Rust values that are stored in them.
//!
//! | type | SQLite | PostgreSQL |
//! |---|---|---|
//! | `Guid` | BLOB, 16 bytes | uuid |
//! | `Instant` | INTEGER, microseconds since 1970 | timestamptz |
//! | `Json` | TEXT | jsonb |

use std::ops::Deref;

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Jsonb, SqlType, Text, Timestamptz};
use diesel::sqlite::{Sqlite, SqliteValue};

/// A UUID.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(sqlite_type(name = "Binary"))]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
pub struct Guid;

/// A point in time with microseconds.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(sqlite_type(name = "Long"))]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
pub struct Instant;

/// A JSON document.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(sqlite_type(name = "Text"))]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
pub struct Json;

impl diesel::sql_types::SqlOrd for Guid {}
impl diesel::sql_types::SqlOrd for Instant {}

/// Stores an id newtype as a [`Guid`] in every dialect.
macro_rules! guid_newtype {
    ($name:ident) => {
        impl diesel::serialize::ToSql<crate::db::types::Guid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.0.as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl diesel::serialize::ToSql<crate::db::types::Guid, diesel::sqlite::Sqlite> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>,
            ) -> diesel::serialize::Result {
                out.set_value(self.0.as_bytes().as_slice());
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl diesel::deserialize::FromSql<crate::db::types::Guid, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                Ok(Self(uuid::Uuid::from_slice(value.as_bytes())?))
            }
        }
        impl diesel::deserialize::FromSql<crate::db::types::Guid, diesel::sqlite::Sqlite>
            for $name
        {
            fn from_sql(
                mut value: diesel::sqlite::SqliteValue<'_, '_, '_>,
            ) -> diesel::deserialize::Result<Self> {
                Ok(Self(uuid::Uuid::from_slice(value.read_blob())?))
            }
        }
    };
}
pub(crate) use guid_newtype;

/// Stores a fieldless enum as its GraphQL name, in a text column.
macro_rules! text_enum {
    ($name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $name {
            /// The value as the database keeps it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl<DB> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql(self.as_str(), out)
            }
        }
        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(value)?;
                match text.as_str() {
                    $($text => Ok(Self::$variant),)+
                    other => Err(format!(concat!(stringify!($name), " has no value {}"), other).into()),
                }
            }
        }
    };
}
pub(crate) use text_enum;

/// A point in time, as the databases keep it and as GraphQL's `DateTime` shows it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsExpression,
    FromSqlRow,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(into = "DateTime<Utc>", try_from = "DateTime<Utc>")]
#[diesel(sql_type = Instant)]
pub struct Timestamp(pub DateTime<Utc>);

impl Timestamp {
    /// 1970-01-01: sorts before every real time.
    pub const EPOCH: Self = Self(DateTime::<Utc>::UNIX_EPOCH);

    /// `time` with the microseconds that every database keeps.
    pub fn truncated(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(6))
    }

    /// Whole minutes since 1970.
    pub fn minute_number(self) -> i64 {
        self.0.timestamp().div_euclid(60)
    }

    /// This time moved by `seconds`, which may be negative.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let moved =
            chrono::Duration::try_seconds(seconds).and_then(|by| self.0.checked_add_signed(by));
        Self(moved.unwrap_or(self.0))
    }

    /// This time moved by a positive duration.
    #[must_use]
    pub fn plus(self, by: std::time::Duration) -> Self {
        self.plus_seconds(i64::try_from(by.as_secs()).unwrap_or(0))
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(time: Timestamp) -> Self {
        time.0
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = &'static str;

    /// Takes the years that every database knows: chrono has more of them.
    fn try_from(time: DateTime<Utc>) -> std::result::Result<Self, Self::Error> {
        if (1..=9999).contains(&time.year()) {
            Ok(Self(time))
        } else {
            Err("the year is not one of 1 to 9999")
        }
    }
}

impl Deref for Timestamp {
    type Target = DateTime<Utc>;

    fn deref(&self) -> &DateTime<Utc> {
        &self.0
    }
}

impl ToSql<Instant, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <DateTime<Utc> as ToSql<Timestamptz, Pg>>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<Instant, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Instant, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for Timestamp {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros)
            .map(Self)
            .ok_or_else(|| format!("{micros} is no time").into())
    }
}

/// A JSON value in a column. PostgreSQL keeps it as jsonb: the order of keys is not kept.
#[derive(Debug, Clone, PartialEq, Default, AsExpression, FromSqlRow)]
#[diesel(sql_type = Json)]
pub struct JsonValue(pub serde_json::Value);

impl ToSql<Json, Pg> for JsonValue {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // The version byte of jsonb's binary form.
        std::io::Write::write_all(out, &[1])?;
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Pg> for JsonValue {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Json, Sqlite> for JsonValue {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Sqlite> for JsonValue {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

#[async_graphql::async_trait::async_trait]
impl async_graphql::OutputType for Timestamp {
    fn type_name() -> std::borrow::Cow<'static, str> {
        <DateTime<Utc> as async_graphql::OutputType>::type_name()
    }

    fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
        <DateTime<Utc> as async_graphql::OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        _ctx: &async_graphql::ContextSelectionSet<'_>,
        _field: &async_graphql::Positioned<async_graphql::parser::types::Field>,
    ) -> async_graphql::ServerResult<async_graphql::Value> {
        Ok(async_graphql::Value::String(
            self.0.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        ))
    }
}
