//! Mutations of models.

use async_graphql::{Context, InputObject, Object};
use serde_json::Value;

use super::model::Model;
use super::version::ModelVersion;
use crate::background::graphql::{Job, JobPayload};
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::payload::{DeletePayload, payload};
use crate::graphql::upload::Upload;
use crate::id::{DatasetId, ModelId, ModelVersionId};
use crate::models::importing::{self, Import};
use crate::models::ordering::{self, Order};
use crate::models::{Algorithm, Task, aliases, deleting, service};

payload! {
    /// What a change of a model gives.
    ModelPayload {
        /// The model as it is now.
        model: Model
    }
}

payload! {
    /// What a change of a version gives.
    ModelVersionPayload {
        /// The version as it is now.
        model_version: ModelVersion
    }
}

/// What to train, and on what.
#[derive(InputObject)]
pub struct TrainModelInput {
    /// The model's name, 1 to 100 characters: a new one, or that of a model that the viewer may train into. The names
    /// `naive`, `seasonal_naive`, `ets`, `linear`, `ridge`, `knn`, `random_forest` and `lstm` are taken.
    name: String,
    /// What the model is to do.
    task: Task,
    /// How it learns.
    algorithm: Algorithm,
    /// What it learns from: a TIME_SERIES for FORECAST, a TABULAR one for CLASSIFICATION, a TEXT one for
    /// TEXT_CLASSIFICATION.
    dataset_id: DatasetId,
    /// Series: the value column. Tables and texts: the label column.
    target: String,
    /// Tables: the columns of numbers to tell it from, all of them where it is left out. Texts: the column of the texts,
    /// where there are several.
    features: Option<Vec<String>>,
    /// What the algorithm is told, an object; what is left out has its default.
    params: Option<Value>,
}

/// A model that was trained elsewhere.
#[derive(InputObject)]
pub struct ImportModelInput {
    /// The model's name, as in `trainModel`.
    name: String,
    /// What it does; CLASSIFICATION.
    task: Task,
    /// ONNX, as skl2onnx writes it. Pickles are refused: reading one runs whatever code is in it.
    file: Upload,
    /// What its inputs are called, in their order.
    features: Vec<String>,
    /// What its classes are called, in their order; as the file has them where it is left out.
    labels: Option<Vec<String>>,
}

/// What can be changed about models.
#[derive(Default)]
pub struct ModelMutations;

/// What can be changed about models.
#[Object]
impl ModelMutations {
    /// Trains a version in the background; follow the job with `jobProgress`. Its `result` has `modelId`,
    /// `modelVersionId` and `version`. The first version of a model is its champion.
    #[graphql(directive = cost::apply(500))]
    async fn train_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to train, and on what.")] input: TrainModelInput,
    ) -> Result<Option<JobPayload>> {
        let order = Order {
            name: input.name,
            task: input.task,
            algorithm: input.algorithm,
            dataset_id: input.dataset_id,
            target: input.target,
            features: input.features,
            params: input.params,
        };
        let result = ordering::start(ctx.app()?, ctx.viewer()?, order).await;
        JobPayload::of(result.map(Job)).map(Some)
    }

    /// Keeps a model that comes as ONNX in the same multipart request, as a new version. Operators that this server
    /// cannot run are named.
    #[graphql(directive = cost::apply(200))]
    async fn import_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The model.")] input: ImportModelInput,
    ) -> Result<Option<ModelVersionPayload>> {
        ctx.viewer()?.require()?;
        let import = Import {
            file: input.file.value(ctx)?.content,
            name: input.name,
            task: input.task,
            features: input.features,
            labels: input.labels,
        };
        let result = importing::import(ctx.app()?, ctx.viewer()?, import).await;
        ModelVersionPayload::of(result.map(|(_, version)| ModelVersion(version))).map(Some)
    }

    /// Loads a version into the server's memory, so that the first who asks it need not wait. CORRUPT where its bytes
    /// are not those that were written.
    #[graphql(directive = cost::apply(50))]
    async fn load_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The model's name.")] name: String,
        #[graphql(desc = "Which version; the champion where it is left out.")] version: Option<i32>,
    ) -> Result<Option<ModelVersionPayload>> {
        let result = service::load_named(ctx.app()?, ctx.viewer()?, &name, version).await;
        ModelVersionPayload::of(result.map(ModelVersion)).map(Some)
    }

    /// Lets a version answer from now on; the model's owner and administrators may. A challenger that becomes the
    /// champion challenges no longer.
    async fn set_champion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version.")] model_version_id: ModelVersionId,
        #[graphql(desc = "Why, at most 500 characters.")] reason: Option<String>,
    ) -> Result<Option<ModelPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = aliases::set_champion(app, viewer, model_version_id, reason.as_deref()).await;
        ModelPayload::of(result.map(Model)).map(Some)
    }

    /// Lets a version answer a share of the callers, always the same ones; the model's owner and administrators may.
    async fn set_challenger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version; not the champion.")] model_version_id: ModelVersionId,
        #[graphql(desc = "The share, 0 to 1.")] share: f64,
        #[graphql(desc = "Why, at most 500 characters.")] reason: Option<String>,
    ) -> Result<Option<ModelPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let reason = reason.as_deref();
        let result = aliases::set_challenger(app, viewer, model_version_id, share, reason).await;
        ModelPayload::of(result.map(Model)).map(Some)
    }

    /// Lets the champion answer everybody again; the model's owner and administrators may.
    async fn clear_challenger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which model.")] model_id: ModelId,
        #[graphql(desc = "Why, at most 500 characters.")] reason: Option<String>,
    ) -> Result<Option<ModelPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = aliases::clear_challenger(app, viewer, model_id, reason.as_deref()).await;
        ModelPayload::of(result.map(Model)).map(Some)
    }

    /// Removes a model for good, with its versions and what they answered by `classify`; its owner and administrators
    /// may. Trainings of it that wait or run are cancelled, whoever ordered them. Forecasts stay, and the log keeps who
    /// moved its aliases.
    async fn delete_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which model.")] model_id: ModelId,
    ) -> Result<Option<DeletePayload>> {
        let result = deleting::delete_model(ctx.app()?, ctx.viewer()?, model_id).await;
        DeletePayload::of(result).map(Some)
    }

    /// Removes a version for good, with what it answered by `classify`; the model's owner and administrators may. CONFLICT
    /// for the champion: choose another one first, or delete the model.
    async fn delete_model_version(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version.")] model_version_id: ModelVersionId,
    ) -> Result<Option<DeletePayload>> {
        let result = deleting::delete_version(ctx.app()?, ctx.viewer()?, model_version_id).await;
        DeletePayload::of(result).map(Some)
    }
}
