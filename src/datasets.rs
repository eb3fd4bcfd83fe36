//! Datasets: tables that people bring as CSV, read once, kept in one form, and handed to what learns from them.
//!
//! A dataset's id is also the place of its bytes in the object store, and neither is used twice: the bytes are written
//! first and the row after, so that a crash leaves bytes without a row, which `sweeping` removes a day later, and never
//! a row without bytes. What is kept is always the same CSV (`importing`): UTF-8, commas, points, ISO dates.

pub mod graphql;
pub mod importing;
pub mod loaders;
pub mod reading;
pub mod rows;
pub mod service;
pub mod sweeping;
pub mod typing;
pub mod values;

use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};

use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, UserErrorCode};
use crate::id::{DatasetId, UserId};
use crate::viewer::Viewer;

/// The prefix of what datasets are stored under.
pub const PREFIX: &str = "datasets";
/// The longest name, in characters.
pub const MAX_NAME: usize = 200;

/// What a dataset is for.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[graphql(name = "DatasetKind")]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Kind {
    /// A column of days, in order and each of them once, with numbers beside it. For forecasts.
    TimeSeries,
    /// Columns of numbers, and one with the labels. For classification.
    Tabular,
    /// A column of texts, and one with the labels. For the classification of texts.
    Text,
}
crate::db::types::text_enum!(Kind {
    TimeSeries = "TIME_SERIES",
    Tabular = "TABULAR",
    Text = "TEXT",
});

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ColumnType {
    /// Finite numbers.
    Number,
    /// Days, with or without a time of day.
    Date,
    /// Anything.
    Text,
}

impl ColumnType {
    /// As clients read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "NUMBER",
            Self::Date => "DATE",
            Self::Text => "TEXT",
        }
    }
}

/// A column and what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, as in the header.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// How many fields are empty.
    pub missing: u64,
    /// The least number.
    pub min: Option<f64>,
    /// The greatest number.
    pub max: Option<f64>,
    /// The mean of the numbers.
    pub mean: Option<f64>,
}

/// A dataset's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::datasets)]
pub struct Dataset {
    /// Its id, and the place of its bytes.
    pub id: DatasetId,
    /// Who imported it; nobody where the program brought it.
    pub owner_id: Option<UserId>,
    /// What its owner calls it.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// Its columns, a list of [`Column`].
    pub fields: JsonValue,
    /// How many rows it has beside the header.
    pub row_count: i64,
    /// The first day of a series, as ISO 8601 has it.
    pub first_day: Option<String>,
    /// The last day of a series.
    pub last_day: Option<String>,
    /// How many days between these two have no row.
    pub missing_days: Option<i64>,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// How many bytes it has.
    pub byte_size: i64,
    /// When it was imported.
    pub created_at: Timestamp,
}

impl Dataset {
    /// Where its bytes lie.
    pub fn key(&self) -> String {
        key(self.id)
    }

    /// Its columns in their order.
    pub fn columns(&self) -> Vec<Column> {
        Vec::deserialize(&self.fields.0).unwrap_or_default()
    }

    /// Whether `viewer` may see and use it: the owner and administrators, and everybody who is signed in where the
    /// program brought it.
    pub fn shows_to(&self, viewer: &Viewer) -> bool {
        match (viewer.id(), self.owner_id) {
            (None, _) => false,
            (Some(_), None) => true,
            (viewer_id, owner) => viewer.is_admin() || viewer_id == owner,
        }
    }
}

/// Where the bytes of a dataset lie.
pub fn key(id: DatasetId) -> String {
    format!("{PREFIX}/{id}")
}

/// The error for one dataset more than somebody may have.
pub fn too_many(most: i64) -> Error {
    Error::user(
        UserErrorCode::LimitReached,
        ["input"],
        format!(
            "There are {most} datasets of yours, which is as many as there may be: delete one first."
        ),
    )
}

/// The error for a dataset that does not exist for the viewer.
pub fn not_found<const N: usize>(path: [&str; N]) -> Error {
    Error::not_found("dataset", path)
}
