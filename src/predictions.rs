//! What models say: forecasts of series, classes of rows and texts, and how far what they are asked is from what they
//! were trained with.
//!
//! A forecast that takes long is a job. Its row follows the job by a trigger of the database, in the same transaction, so
//! that no death of a worker leaves a forecast that runs for ever; the forecast itself is written whole, by whoever holds
//! the job's lease.

pub mod classifying;
pub mod days;
pub mod drift;
pub mod features;
pub mod graphql;
pub mod history;
pub mod live;
pub mod loaders;
mod making;
pub mod predicting;
pub mod running;
pub mod service;
pub mod settling;
pub mod trimming;
pub mod watching;

use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};

use crate::db::schema::{classifications, model_drifts, predictions};
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, UserErrorCode};
use crate::events::Topic;
use crate::id::{
    ClassificationId, DatasetId, JobId, ModelId, ModelVersionId, PredictionId, UserId,
};
use crate::jobs::{JobStatus, progress_topic};
use crate::models::Metrics;
use crate::viewer::Viewer;

/// The most days that a forecast goes on for.
pub const MOST_DAYS: i32 = 365;
/// The longest note, in characters.
pub const MAX_NOTE: usize = 2_000;

/// A forecast's row, without the forecast itself, which lists do not need.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = predictions)]
pub struct Prediction {
    /// Its id.
    pub id: PredictionId,
    /// Whose it is.
    pub owner_id: UserId,
    /// The model's name as it was asked for.
    pub model: String,
    /// The name as it is compared.
    pub model_key: String,
    /// Which version made it; none for forecasts that are trained there and then.
    pub version_id: Option<ModelVersionId>,
    /// The series that it continues.
    pub dataset_id: DatasetId,
    /// The column of values.
    pub target: String,
    /// For how many days.
    pub days: i32,
    /// Whether it waits, runs, or how it ended.
    pub status: JobStatus,
    /// Why there is none.
    pub error: Option<String>,
    /// What its owner notes about it.
    pub note: Option<String>,
    /// The job that makes it, where it takes long.
    pub job_id: Option<JobId>,
    /// Whether the log tells of its end.
    pub logged: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Prediction {
    /// Whether the viewer may see it and change its note: its owner and administrators may.
    pub fn shows_to(&self, viewer: &Viewer) -> bool {
        viewer.is_admin() || viewer.id() == Some(self.owner_id)
    }

    /// What its watchers wait on.
    pub fn topic(&self) -> Topic {
        self.job_id.map_or(self.id.0, progress_topic)
    }
}

/// What was forecast, and how far it is to be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// One per day, in their order.
    pub points: Vec<Point>,
    /// What the backtest of the model that made it showed, beside the naive forecast's; none where that was of another
    /// series.
    pub metrics: Option<Metrics>,
}

/// One day of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The day, as ISO 8601 has it.
    pub date: chrono::NaiveDate,
    /// The forecast.
    pub value: f64,
    /// The lower end of the central 80 % interval.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// Which forecasts a list holds; each part narrows it.
#[derive(Debug, Clone, Default)]
pub struct PredictionFilter {
    /// Those of this owner, which are all that somebody who is no administrator may see.
    pub visible_to: Option<UserId>,
    /// Those of this user.
    pub user_id: Option<UserId>,
    /// Those of the model of this name, which is folded.
    pub model_key: Option<String>,
    /// Those that are there.
    pub status: Option<JobStatus>,
}

/// How many forecasts somebody may have, and how many of these may be unfinished.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// All of them.
    pub all: i64,
    /// Those that wait or run.
    pub unfinished: i64,
}

/// What became of a forecast whose job has come to its end.
#[derive(Debug, Clone)]
pub enum Ending {
    /// It is there: a [`Forecast`].
    Made(JsonValue),
    /// There is none, and why, for its owner.
    Failed(String),
}

/// What a model answered about a row or a text.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = classifications)]
pub struct Classification {
    /// Its id.
    pub id: ClassificationId,
    /// Who asked; nobody once the account is gone.
    pub user_id: Option<UserId>,
    /// Which model.
    pub model_id: ModelId,
    /// Which version of it.
    pub version_id: ModelVersionId,
    /// What it was asked about.
    pub features: JsonValue,
    /// What it answered.
    pub label: String,
    /// How sure it is of each label, a list of [`LabelProbability`].
    pub probabilities: JsonValue,
    /// How long that took.
    pub latency_ms: f64,
    /// The true label, once somebody knows it.
    pub actual_label: Option<String>,
    /// Whether the two are the same.
    pub correct: Option<bool>,
    /// When.
    pub created_at: Timestamp,
}

impl Classification {
    /// How sure the model is of each label.
    pub fn probabilities(&self) -> Vec<LabelProbability> {
        Vec::deserialize(&self.probabilities.0).unwrap_or_default()
    }
}

/// How sure a model is of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelProbability {
    /// The label.
    pub label: String,
    /// 0 to 1.
    pub probability: f64,
}

/// Which classifications a list holds; each part narrows it.
#[derive(Debug, Clone, Default)]
pub struct ClassificationFilter {
    /// Those that this user asked for or whose model is theirs, which are all that somebody who is no administrator may see.
    pub visible_to: Option<UserId>,
    /// Those of this model.
    pub model: Option<ModelId>,
    /// Those by versions of this number.
    pub version: Option<i32>,
    /// Those that were answered so.
    pub label: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// What the last look at a model's drift found.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_drifts)]
pub struct DriftState {
    /// Which model.
    pub model_id: ModelId,
    /// Its champion then.
    pub version_id: ModelVersionId,
    /// Whether a threshold was passed.
    pub drifted: bool,
    /// When that was.
    pub looked_at: Timestamp,
}

/// The error for a forecast that does not exist for the viewer.
pub fn no_prediction() -> Error {
    Error::not_found("prediction", ["predictionId"])
}

/// The error for one forecast more than somebody may have.
pub fn too_many(what: &str, most: i64) -> Error {
    let message = format!(
        "There are {most} {what} of yours, which is as many as there may be: delete one first."
    );
    Error::user(UserErrorCode::LimitReached, ["input"], message)
}
