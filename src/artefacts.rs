//! Models that were loaded from the store: ready to answer, as many of them as fit into their share of memory.

use std::sync::Arc;

use moka::future::Cache;
use moka::policy::EvictionPolicy;

use crate::error::{Error, Result};
use crate::id::ModelVersionId;
use crate::learning::artefact::Artefact;
use crate::learning::classes::Classifier;
use crate::learning::forecasts::Forecaster;
use crate::learning::onnx;
use crate::learning::texts::TextClassifier;

/// What a model counts beside its bytes.
const OVERHEAD: usize = 4 * 1024;

/// A model that is ready to answer.
pub enum Ready {
    /// It continues a series.
    Forecaster(Box<Forecaster>),
    /// It tells the class of a row.
    Classifier(Box<Classifier>),
    /// It tells the class of a text.
    Text(Box<TextClassifier>),
    /// It was trained elsewhere.
    Onnx {
        /// The names of its inputs, in their order.
        features: Vec<String>,
        /// What runs it.
        model: onnx::Model,
    },
}

impl Ready {
    /// Makes an artefact ready to answer.
    pub fn of(artefact: Artefact) -> std::result::Result<Self, crate::learning::Error> {
        Ok(match artefact {
            Artefact::Forecaster(model) => Self::Forecaster(model),
            Artefact::Classifier(model) => Self::Classifier(model),
            Artefact::Text(model) => Self::Text(model),
            Artefact::Onnx(file) => Self::Onnx {
                model: onnx::Model::load(&file.bytes, file.features.len(), file.labels.as_deref())?,
                features: file.features,
            },
        })
    }
}

type Kept = (Arc<Ready>, u32);

/// The models in memory; cheap to clone.
#[derive(Clone)]
pub struct Artefacts(Cache<ModelVersionId, Kept>);

impl Artefacts {
    /// Room for so many bytes of models.
    pub fn new(bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .eviction_policy(EvictionPolicy::lru())
            .weigher(|_, kept: &Kept| kept.1);
        Self(cache.build())
    }

    /// Whether a model is in memory.
    pub fn has(&self, id: ModelVersionId) -> bool {
        self.0.contains_key(&id)
    }

    /// A model of that many bytes, which `load` loads where it is not in memory; once for all who ask at the same
    /// time. One that is larger than the whole room is given and not kept.
    pub async fn get(
        &self,
        id: ModelVersionId,
        bytes: usize,
        load: impl Future<Output = Result<Ready>>,
    ) -> Result<Arc<Ready>> {
        let weight = u32::try_from(bytes.saturating_add(OVERHEAD)).unwrap_or(u32::MAX);
        let load = async { Ok((Arc::new(load.await?), weight)) };
        let kept = self.0.try_get_with(id, load).await;
        let (ready, _) = kept.map_err(|error: Arc<Error>| Error::clone(&error))?;
        Ok(ready)
    }

    /// Lets go of what does not fit, which otherwise happens a little later.
    pub async fn settle(&self) {
        self.0.run_pending_tasks().await;
    }

    /// Lets go of a model.
    pub async fn forget(&self, id: ModelVersionId) {
        self.0.invalidate(&id).await;
    }
}
