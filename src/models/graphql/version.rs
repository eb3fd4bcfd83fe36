//! The `ModelVersion` type and how good it is.

use async_graphql::{Context, Object};
use serde_json::Value;

use super::model::{Model, is_loaded, load_model};
use crate::datasets::graphql::{Dataset, load_dataset};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::connection;
use crate::graphql::context::Request;
use crate::id::ModelVersionId;
use crate::models::loaders::Loaders;
use crate::models::{self, Algorithm, Metrics};
use crate::predictions::graphql::load_live_accuracy;

/// What was trained or imported once, and never changes.
#[derive(Clone)]
pub struct ModelVersion(pub models::Version);

/// What was trained or imported once, and never changes.
#[Object]
impl ModelVersion {
    /// The global id, `version_…`.
    pub async fn id(&self) -> ModelVersionId {
        self.0.id
    }

    /// The model that it is a version of.
    async fn model(&self, ctx: &Context<'_>) -> Result<Model> {
        let model = load_model(ctx, self.0.model_id).await?;
        model.ok_or_else(|| Error::internal("a version has no model"))
    }

    /// Its number, from 1; no number is given twice.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// How it learned.
    async fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// What the algorithm was told, defaults included.
    async fn params(&self) -> &Value {
        &self.0.params.0
    }

    /// What it is asked with, in order. Empty for forecasts, which continue a series from its own past; `text` for texts.
    async fn features(&self) -> Vec<String> {
        self.0.features()
    }

    /// What it answers, in order; null for forecasts.
    async fn labels(&self) -> Option<Vec<String>> {
        self.0.labels()
    }

    /// The column of the training data that it learned to tell; null for imported models.
    async fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// What it was trained on; null for imported models, once the dataset is gone, and for those who may not see it.
    async fn dataset(&self, ctx: &Context<'_>) -> Result<Option<Dataset>> {
        match self.0.dataset_id {
            Some(id) => load_dataset(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Measured on data that the training did not see.
    async fn metrics(&self) -> ModelMetrics {
        self.0.metrics().into()
    }

    /// SHA-256 of the training data, in hexadecimal digits; it stays when the dataset goes.
    async fn data_hash(&self) -> Option<&str> {
        self.0.data_hash.as_deref()
    }

    /// Name and version of the library that trained it.
    async fn library(&self) -> &str {
        &self.0.library
    }

    /// The share of its labelled classifications that were right; null as long as none has a label.
    async fn live_accuracy(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        load_live_accuracy(ctx, self.0.id).await
    }

    /// How long the training took; 0 for imported models.
    async fn training_seconds(&self) -> f64 {
        self.0.training_seconds
    }

    /// How many bytes are kept of it.
    async fn byte_size(&self) -> i64 {
        self.0.byte_size
    }

    /// Whether the server that answers has it in memory; otherwise it is loaded when it is first needed.
    async fn loaded(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(is_loaded(ctx.app()?, &self.0))
    }

    /// When it came.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

connection!(
    ModelVersionConnection,
    ModelVersionEdge,
    ModelVersion,
    "model versions"
);

/// How good a model is, measured on data that its training did not see; null where a number does not apply.
pub struct ModelMetrics(Metrics);

impl From<Metrics> for ModelMetrics {
    fn from(metrics: Metrics) -> Self {
        Self(metrics)
    }
}

/// How good a model is, measured on data that its training did not see; null where a number does not apply.
#[Object]
impl ModelMetrics {
    /// Forecasts, by a rolling-origin backtest: the mean absolute error, in the series' unit.
    async fn mae(&self) -> Option<f64> {
        self.0.mae
    }

    /// Forecasts: the root of the mean squared error, in the series' unit.
    async fn rmse(&self) -> Option<f64> {
        self.0.rmse
    }

    /// Forecasts: the symmetric mean absolute percentage error, 0 to 200.
    async fn smape(&self) -> Option<f64> {
        self.0.smape
    }

    /// Forecasts: the mean absolute scaled error; below 1 it beats the naive forecast.
    async fn mase(&self) -> Option<f64> {
        self.0.mase
    }

    /// Forecasts: the share of values that lay within their 80 % interval.
    async fn coverage(&self) -> Option<f64> {
        self.0.coverage
    }

    /// Forecasts: the same for the naive forecast, on the same splits.
    async fn naive(&self) -> Option<ModelMetrics> {
        self.0.naive.as_deref().cloned().map(Self)
    }

    /// Classifiers, by stratified cross-validation: the share of rows whose class was right.
    async fn accuracy(&self) -> Option<f64> {
        self.0.accuracy
    }

    /// Classifiers: the mean of the classes' F1.
    async fn f1_macro(&self) -> Option<f64> {
        self.0.f1_macro
    }

    /// Classifiers: the mean negative logarithm of the probability that the right class got.
    async fn log_loss(&self) -> Option<f64> {
        self.0.log_loss
    }

    /// Classifiers: how many rows of each class, by row, were taken for each class, by column; in the order of `labels`.
    async fn confusion(&self) -> Option<&Vec<Vec<usize>>> {
        self.0.confusion.as_ref()
    }
}

/// The version of that id, by the request's DataLoader.
pub async fn load_version(ctx: &Context<'_>, id: ModelVersionId) -> Result<Option<ModelVersion>> {
    if ctx.viewer()?.is_anonymous() {
        return Ok(None);
    }
    let found = ctx.loaders::<Loaders>()?.versions.load(id).await?;
    Ok(found.map(ModelVersion))
}
