//! The `Prediction` type, its connection and its filter.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use crate::accounts::graphql::{User, load_user};
use crate::background::graphql::{Job, load_job};
use crate::datasets::graphql::{Dataset, load_dataset};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::connection;
use crate::graphql::context::Request;
use crate::graphql::cost::{cost, list_size};
use crate::graphql::date::Date;
use crate::id::{PredictionId, UserId};
use crate::jobs::JobStatus;
use crate::models::graphql::{ModelMetrics, ModelVersion, load_version};
use crate::predictions;
use crate::predictions::loaders::Loaders;
use crate::validate::fold;

/// A forecast of a series. It is private: its owner and administrators see it.
#[derive(Clone)]
pub struct Prediction(pub predictions::Prediction);

/// A forecast of a series. It is private: its owner and administrators see it.
#[Object]
impl Prediction {
    /// The global id, `prediction_…`.
    pub async fn id(&self) -> PredictionId {
        self.0.id
    }

    /// Who asked for it.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let owner = load_user(ctx, self.0.owner_id).await?;
        owner.ok_or_else(|| Error::internal("a forecast belongs to nobody"))
    }

    /// The version that made it; null for forecasts that are trained there and then (`naive`, `ets`, …), and once the
    /// version is gone.
    async fn model_version(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        match self.0.version_id {
            Some(id) => load_version(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The model's name as it was asked for.
    async fn model(&self) -> &str {
        &self.0.model
    }

    /// The series that it continues; a forecast goes with it.
    async fn dataset(&self, ctx: &Context<'_>) -> Result<Dataset> {
        let dataset = load_dataset(ctx, self.0.dataset_id).await?;
        dataset.ok_or_else(|| Error::internal("a forecast has no dataset"))
    }

    /// The column of values that is forecast.
    async fn target(&self) -> &str {
        &self.0.target
    }

    /// For how many days, 1 to 365.
    async fn days(&self) -> i32 {
        self.0.days
    }

    /// SUCCEEDED at once where the work is short; otherwise it waits and runs as a job, and `predictionUpdated` tells on.
    async fn status(&self) -> JobStatus {
        self.0.status
    }

    /// One per future day, in their order; empty until it has succeeded. The days continue those of the series: one that
    /// leaves out weekends goes on without them, one by weeks or months goes on by these.
    #[graphql(directive = cost::apply(2), directive = list_size::apply(Some(30), None))]
    async fn forecast(&self, ctx: &Context<'_>) -> Result<Vec<ForecastPoint>> {
        if self.0.status != JobStatus::Succeeded {
            return Ok(Vec::new());
        }
        let forecast = ctx.loaders::<Loaders>()?.forecasts.load(self.0.id).await?;
        let points = forecast.into_iter().flat_map(|forecast| forecast.points);
        let points = points.map(|point| ForecastPoint {
            date: Date(point.date),
            value: point.value,
            lower: point.lower,
            upper: point.upper,
        });
        Ok(points.collect())
    }

    /// How good the model that made it was by a backtest on earlier days of this series, beside the naive forecast. Above 1,
    /// `mase` says that repeating the last value would have done better. Null until it has succeeded, and null where a
    /// trained model continues another series than it was trained on.
    async fn metrics(&self, ctx: &Context<'_>) -> Result<Option<ModelMetrics>> {
        if self.0.status != JobStatus::Succeeded {
            return Ok(None);
        }
        let forecast = ctx.loaders::<Loaders>()?.forecasts.load(self.0.id).await?;
        let metrics = forecast.and_then(|forecast| forecast.metrics);
        Ok(metrics.map(Into::into))
    }

    /// Why it failed; null otherwise.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// What its owner notes about it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The job that makes it, to be followed or cancelled; null for short ones, and a week after it has ended.
    async fn job(&self, ctx: &Context<'_>) -> Result<Option<Job>> {
        match self.0.job_id {
            Some(id) => load_job(ctx, id).await,
            None => Ok(None),
        }
    }

    /// When it was asked for.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// When it ended, however it did.
    async fn finished_at(&self) -> Option<Timestamp> {
        self.0.finished_at
    }
}

connection!(
    PredictionConnection,
    PredictionEdge,
    Prediction,
    "predictions"
);

/// One day of a forecast. `lower` and `upper` bound the central 80 % interval.
#[derive(SimpleObject)]
pub struct ForecastPoint {
    /// The day.
    date: Date,
    /// What is expected.
    value: f64,
    /// One in ten is expected to be lower than this.
    lower: f64,
    /// One in ten is expected to be higher than this.
    upper: f64,
}

/// Which predictions; each field narrows it.
#[derive(InputObject, Default)]
pub struct PredictionFilter {
    /// Those of this user. Who is no administrator finds their own alone.
    user_id: Option<UserId>,
    /// Those by the model of this name, as they asked for it; the case of the letters does not matter.
    model: Option<String>,
    /// Those that are there.
    status: Option<JobStatus>,
}

impl PredictionFilter {
    /// The filter as the service takes it.
    pub(super) fn read(self) -> Result<predictions::PredictionFilter> {
        Ok(predictions::PredictionFilter {
            visible_to: None,
            user_id: self.user_id,
            model_key: super::queries::text("model", self.model)?.map(|name| fold(name.trim())),
            status: self.status,
        })
    }
}
