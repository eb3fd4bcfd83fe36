//! Mutations of what models say.

use async_graphql::{Context, InputObject, Object};
use serde_json::Value;

use super::classification::Classification;
use super::prediction::Prediction;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::payload::{DeletePayload, payload};
use crate::id::{ClassificationId, DatasetId, PredictionId};
use crate::predictions::classifying::{Question, classify};
use crate::predictions::predicting::{Order, predict};
use crate::predictions::{history, service};

payload! {
    /// What a forecast, or a change of one, gives.
    PredictionPayload {
        /// The prediction as it is now.
        prediction: Prediction
    }
}

payload! {
    /// What a classification, or a change of one, gives.
    ClassificationPayload {
        /// The classification as it is now.
        classification: Classification
    }
}

/// What to forecast, and how.
#[derive(InputObject)]
pub struct PredictInput {
    /// A model's name: `naive`, `seasonal_naive`, `ets`, `linear`, `ridge`, `knn`, `random_forest` or `lstm`, which are
    /// trained on the series there and then, or one that was trained under another name.
    model: String,
    /// Which version of a trained model; the one that answers this caller where it is left out.
    version: Option<i32>,
    /// The series: a TIME_SERIES of the viewer's, or one that the program brought.
    dataset_id: DatasetId,
    /// The column of values. Where it is left out: the one that the model was trained on, the only one of numbers, or one
    /// called `close`, `value` or `y`.
    target: Option<String>,
    /// 1 to 365.
    days: i32,
    /// What to note about it, at most 2000 characters.
    note: Option<String>,
}

/// What to change about a prediction.
#[derive(InputObject)]
pub struct UpdatePredictionInput {
    /// Which prediction.
    prediction_id: PredictionId,
    /// The note, at most 2000 characters; an empty one removes it. Left out, or null, it stays.
    note: Option<String>,
}

/// What to classify, and by which model.
#[derive(InputObject)]
pub struct ClassifyInput {
    /// The model's name.
    model: String,
    /// Which version; the one that answers this caller where it is left out.
    version: Option<i32>,
    /// Number by feature name, in any order; or `text` for a text model.
    features: Value,
}

/// What can be changed about predictions and classifications.
#[derive(Default)]
pub struct PredictionMutations;

/// What can be changed about predictions and classifications.
#[Object]
impl PredictionMutations {
    /// Continues a series. Short work is SUCCEEDED at once; long work is QUEUED, and `predictionUpdated` tells on. The same
    /// request gives the same numbers.
    #[graphql(directive = cost::apply(200))]
    async fn predict(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to forecast, and how.")] input: PredictInput,
    ) -> Result<Option<PredictionPayload>> {
        let order = Order {
            model: input.model,
            version: input.version,
            dataset_id: input.dataset_id,
            target: input.target,
            days: input.days,
            note: input.note,
        };
        let result = predict(ctx.app()?, ctx.viewer()?, order).await;
        PredictionPayload::of(result.map(Prediction)).map(Some)
    }

    /// Changes the note of a prediction; its owner and administrators may.
    async fn update_prediction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdatePredictionInput,
    ) -> Result<Option<PredictionPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let note = input.note.as_deref();
        let result = service::annotate(app, viewer, input.prediction_id, note).await;
        PredictionPayload::of(result.map(Prediction)).map(Some)
    }

    /// Removes a prediction, and stops the job that makes it; its owner and administrators may.
    async fn delete_prediction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which prediction.")] prediction_id: PredictionId,
    ) -> Result<Option<DeletePayload>> {
        let result = service::delete(ctx.app()?, ctx.viewer()?, prediction_id).await;
        DeletePayload::of(result).map(Some)
    }

    /// Tells the class of a row or a text, and keeps the answer, which the model's owner and administrators see too.
    /// FEATURE_MISMATCH names each feature that is missing, unknown, or no finite number.
    async fn classify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to classify, and by which model.")] input: ClassifyInput,
    ) -> Result<Option<ClassificationPayload>> {
        let question = Question {
            model: input.model,
            version: input.version,
            features: input.features,
        };
        let result = classify(ctx.app()?, ctx.viewer()?, question).await;
        ClassificationPayload::of(result.map(Classification)).map(Some)
    }

    /// Notes what a classification should have been, or was; who asked, the model's owner and administrators may.
    async fn label_classification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which classification.")] classification_id: ClassificationId,
        #[graphql(desc = "The true label; one of the model's.")] actual_label: String,
    ) -> Result<Option<ClassificationPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = history::label(app, viewer, classification_id, &actual_label).await;
        ClassificationPayload::of(result.map(Classification)).map(Some)
    }
}
