//! The `Classification` type, its connection and its filter.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::accounts::graphql::{User, load_user};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::connection;
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::graphql::times;
use crate::id::{ClassificationId, ModelVersionId};
use crate::models::graphql::{ModelVersion, load_version};
use crate::models::service::find_by_name;
use crate::predictions;
use crate::predictions::loaders::Loaders;

/// What a model answered about a row or a text. Who asked sees it, and the model's owner and administrators do.
#[derive(Clone)]
pub struct Classification(pub predictions::Classification);

/// What a model answered about a row or a text. Who asked sees it, and the model's owner and administrators do.
#[Object]
impl Classification {
    /// The global id, `classification_…`.
    pub async fn id(&self) -> ClassificationId {
        self.0.id
    }

    /// Who asked; null once the account is gone.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.user_id {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The version that answered.
    async fn model_version(&self, ctx: &Context<'_>) -> Result<ModelVersion> {
        let version = load_version(ctx, self.0.version_id).await?;
        version.ok_or_else(|| Error::internal("a classification has no version"))
    }

    /// What was asked about: numbers by the names of the features, or a `text`.
    async fn features(&self) -> &Value {
        &self.0.features.0
    }

    /// What the model takes it for: the most probable label.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// How sure it is of each label, in the order of the version's labels.
    #[graphql(directive = list_size::apply(Some(5), None))]
    async fn probabilities(&self) -> Vec<LabelProbability> {
        let probabilities = self.0.probabilities().into_iter();
        let probabilities = probabilities.map(|known| LabelProbability {
            label: known.label,
            probability: known.probability,
        });
        probabilities.collect()
    }

    /// How many milliseconds the answer took: finding the model, loading it where it was not in memory, and asking it.
    async fn latency_ms(&self) -> f64 {
        self.0.latency_ms
    }

    /// The true label, once somebody knows it; it feeds the live accuracy.
    async fn actual_label(&self) -> Option<&str> {
        self.0.actual_label.as_deref()
    }

    /// When.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

connection!(
    ClassificationConnection,
    ClassificationEdge,
    Classification,
    "classifications"
);

/// How sure a model is of a label.
#[derive(SimpleObject)]
pub struct LabelProbability {
    /// The label.
    label: String,
    /// 0 to 1; those of all labels add up to 1.
    probability: f64,
}

/// Which classifications; each field narrows it.
#[derive(InputObject, Default)]
pub struct ClassificationFilter {
    /// Those by the model of this name; the case of the letters does not matter.
    model: Option<String>,
    /// Those by versions of this number.
    version: Option<i32>,
    /// Those that were answered with exactly this label.
    label: Option<String>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Before this moment.
    to: Option<DateTime<Utc>>,
}

impl ClassificationFilter {
    /// The filter as the service takes it; none where it names a model that is not there.
    pub(super) async fn read(
        self,
        ctx: &Context<'_>,
    ) -> Result<Option<predictions::ClassificationFilter>> {
        let model = match super::queries::text("model", self.model)? {
            Some(name) => match find_by_name(ctx.app()?, ctx.viewer()?, &name).await? {
                Some(model) => Some(model.id),
                None => return Ok(None),
            },
            None => None,
        };
        Ok(Some(predictions::ClassificationFilter {
            visible_to: None,
            model,
            version: self.version,
            label: super::queries::text("label", self.label)?,
            from: times::read("filter.from", self.from)?,
            to: times::read("filter.to", self.to)?,
        }))
    }
}

/// The share of a version's labelled classifications that were right, by the request's DataLoader.
pub async fn load_live_accuracy(ctx: &Context<'_>, id: ModelVersionId) -> Result<Option<f64>> {
    ctx.loaders::<Loaders>()?.accuracies.load(id).await
}
