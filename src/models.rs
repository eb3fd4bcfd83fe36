//! The registry of models: named lines of versions, each trained here or imported, and which of them answers.
//!
//! A version's id is also the place of its bytes in the object store, and neither is used twice. The bytes are written
//! first; row, metrics and the first champion's alias follow in one transaction, which also asks whether the training
//! job is still this worker's and nobody has cancelled it. So a version is there whole or not at all, and a job that is
//! begun again after its transaction finds the version by the job's id. Bytes without a row are removed a day later
//! (`sweeping`). A model goes together with its unfinished trainings, so that none of them brings it back.

pub mod aliases;
pub mod deleting;
pub mod graphql;
pub mod importing;
mod lesson;
pub mod loaders;
pub mod loading;
mod methods;
mod metrics;
pub mod ordering;
pub mod refusals;
pub mod service;
pub mod sweeping;
pub mod training;

use diesel::{Insertable, Queryable, Selectable};
use serde::Deserialize;

use crate::db::schema::{alias_changes, model_versions, models};
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, UserErrorCode};
use crate::id::{AliasChangeId, DatasetId, JobId, ModelId, ModelVersionId, UserId};
use crate::viewer::Viewer;

pub use methods::{Algorithm, Method, Task};
pub use metrics::Metrics;

/// The prefix of what versions are stored under.
pub const PREFIX: &str = "models";
/// The longest name, in characters.
pub const MAX_NAME: usize = 100;
/// The longest reason, in characters.
pub const MAX_REASON: usize = 500;
/// The names of forecasts that need no training.
pub const BUILT_IN: [&str; 8] = [
    "naive",
    "seasonal_naive",
    "ets",
    "linear",
    "ridge",
    "knn",
    "random_forest",
    "lstm",
];

/// A name that stands for a version of a model.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Alias {
    /// Answers unless a version is named.
    Champion,
    /// Answers a share of those who name none.
    Challenger,
}
crate::db::types::text_enum!(Alias {
    Champion = "champion",
    Challenger = "challenger",
});

/// A model's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = models)]
pub struct Model {
    /// Its id.
    pub id: ModelId,
    /// Its name.
    pub name: String,
    /// The name as it is compared; nobody else's model has it.
    pub name_key: String,
    /// What it does.
    pub task: Task,
    /// Whose it is; nobody's once the account is gone.
    pub owner_id: Option<UserId>,
    /// The number of the newest version that there ever was.
    pub last_version: i32,
    /// What answers unless a version is named.
    pub champion_id: Option<ModelVersionId>,
    /// What answers a share of these.
    pub challenger_id: Option<ModelVersionId>,
    /// How large the share is, 0 to 1.
    pub challenger_share: f64,
    /// When its first version came.
    pub created_at: Timestamp,
}

impl Model {
    /// Whether `viewer` may train into it, move its aliases and delete versions.
    pub fn is_of(&self, viewer: &Viewer) -> bool {
        viewer.is_admin() || (self.owner_id.is_some() && self.owner_id == viewer.id())
    }
}

/// A version's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_versions)]
pub struct Version {
    /// Its id, and the place of its bytes.
    pub id: ModelVersionId,
    /// Of which model.
    pub model_id: ModelId,
    /// Its number, from 1.
    pub version: i32,
    /// How it learned.
    pub algorithm: Algorithm,
    /// With which parameters, defaults included.
    pub params: JsonValue,
    /// What it is asked with, in order; a list of names.
    pub features: JsonValue,
    /// What it answers, in order; a list of names.
    pub labels: Option<JsonValue>,
    /// The column that it learned to tell.
    pub target: Option<String>,
    /// What it was trained on, as long as that is there.
    pub dataset_id: Option<DatasetId>,
    /// SHA-256 of what it was trained on, in hexadecimal digits.
    pub data_hash: Option<String>,
    /// How good it is, a [`Metrics`].
    pub metrics: JsonValue,
    /// Name and version of what trained it.
    pub library: String,
    /// How long that took.
    pub training_seconds: f64,
    /// How many bytes it has.
    pub byte_size: i64,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
    /// The job that trained it.
    pub job_id: Option<JobId>,
    /// When it came.
    pub created_at: Timestamp,
}

impl Version {
    /// Where its bytes lie.
    pub fn key(&self) -> String {
        key(self.id)
    }

    /// What it is asked with, in order.
    pub fn features(&self) -> Vec<String> {
        Vec::deserialize(&self.features.0).unwrap_or_default()
    }

    /// What it answers, in order.
    pub fn labels(&self) -> Option<Vec<String>> {
        Vec::deserialize(&self.labels.as_ref()?.0).ok()
    }

    /// How good it is.
    pub fn metrics(&self) -> Metrics {
        Metrics::deserialize(&self.metrics.0).unwrap_or_default()
    }
}

/// Where the bytes of a version lie.
pub fn key(id: ModelVersionId) -> String {
    format!("{PREFIX}/{id}")
}

/// That an alias came to stand for something else.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = alias_changes)]
pub struct AliasChange {
    /// Its id.
    pub id: AliasChangeId,
    /// Of which model.
    pub model_id: ModelId,
    /// Which alias.
    pub alias: Alias,
    /// What it stood for.
    pub from_id: Option<ModelVersionId>,
    /// What it stands for now.
    pub to_id: Option<ModelVersionId>,
    /// The challenger's share.
    pub share: Option<f64>,
    /// Who changed it.
    pub user_id: Option<UserId>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A version that is to be, and the model that it is of.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The model's name.
    pub name: String,
    /// What the model does.
    pub task: Task,
    /// Who brings it.
    pub owner: UserId,
    /// Whether that is done as an administrator.
    pub as_admin: bool,
    /// The version; its model and its number are found by whoever writes it.
    pub version: Version,
}

/// The error for a version that does not exist.
pub fn no_version<const N: usize>(path: [&str; N]) -> Error {
    Error::not_found("model version", path)
}

/// The error for a version that answers, and therefore stays.
pub fn champion_stays() -> Error {
    let message =
        "The champion answers and cannot be deleted: make another version the champion first.";
    Error::user(UserErrorCode::Conflict, ["modelVersionId"], message)
}

/// The error for a model that is somebody else's.
pub fn not_yours<const N: usize>(path: [&str; N]) -> Error {
    let message = "Only who made a model, and administrators, may change it.";
    Error::user(UserErrorCode::Forbidden, path, message)
}

/// The error for a name that somebody else's model has.
pub fn taken(name: &str) -> Error {
    let message = format!(
        "There is a model called {name} already, and it is not yours: choose another name."
    );
    Error::user(UserErrorCode::Taken, ["input", "name"], message)
}

/// The error for a model that does something else.
pub fn other_task(model: &Model) -> Error {
    let message = format!(
        "The model {} is one for {}: choose another name.",
        model.name,
        model.task.as_str()
    );
    Error::user(UserErrorCode::Conflict, ["input", "task"], message)
}
