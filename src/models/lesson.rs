//! What a training does on its core: a table is read, a model learns from it, and becomes bytes.

use std::fs::File;

use aws_lc_rs::digest;
use bytes::Bytes;
use serde_json::Value;
use tokio::time::Instant;

use super::refusals::refusal;
use super::{Method, Metrics};
use crate::datasets::rows::Selection;
use crate::error::Result;
use crate::id::ModelVersionId;
use crate::learning::artefact::Artefact;
use crate::learning::{Progress, classes, forecasts, texts};

/// What came of a training.
pub(super) struct Trained {
    /// Its id, and the place of its bytes.
    pub id: ModelVersionId,
    /// The model.
    pub bytes: Bytes,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
    /// With which parameters, defaults included.
    pub params: Value,
    /// What it is asked with, in order.
    pub features: Vec<String>,
    /// What it answers, in order.
    pub labels: Option<Vec<String>>,
    /// How good it is.
    pub metrics: Metrics,
    /// Name and version of what trained it.
    pub library: &'static str,
    /// How long that took.
    pub seconds: f64,
}

/// What is learned.
pub(super) struct Lesson {
    /// How.
    pub method: Method,
    /// From which columns.
    pub selection: Selection,
    /// With which parameters.
    pub params: Value,
}

impl Lesson {
    /// Reads the table and learns from it, on the thread that calls.
    pub fn learn(self, file: File, progress: Progress<'_>) -> Result<Trained> {
        let began = Instant::now();
        let (artefact, params, features, labels, metrics) = match self.method {
            Method::Forecast(method) => {
                let series = self.selection.series(file)?;
                let model = forecasts::train(&series.values, method, &self.params, progress);
                let model = model.map_err(refusal)?;
                let (params, metrics) = (model.params(), Metrics::from(model.evaluation()));
                let artefact = Artefact::Forecaster(Box::new(model));
                (artefact, params, Vec::new(), None, metrics)
            }
            Method::Classes(method) => {
                let table = self.selection.table(file)?;
                let model = classes::train(&table, method, &self.params, progress);
                let model = model.map_err(refusal)?;
                let (params, metrics) = (model.params(), Metrics::from(model.evaluation()));
                let (features, labels) = (model.features().to_vec(), model.labels().to_vec());
                let artefact = Artefact::Classifier(Box::new(model));
                (artefact, params, features, Some(labels), metrics)
            }
            Method::Texts(method) => {
                let found = self.selection.texts(file)?;
                let params = &self.params;
                let model = texts::train(&found.texts, &found.labels, method, params, progress);
                let model = model.map_err(refusal)?;
                let (params, metrics) = (model.params(), Metrics::from(model.evaluation()));
                let labels = model.labels().to_vec();
                let artefact = Artefact::Text(Box::new(model));
                let features = vec!["text".to_owned()];
                (artefact, params, features, Some(labels), metrics)
            }
        };
        let bytes = artefact.to_bytes().map_err(refusal)?;
        Ok(Trained {
            id: ModelVersionId::new(),
            sha256: digest::digest(&digest::SHA256, &bytes).as_ref().to_vec(),
            bytes: Bytes::from(bytes),
            params,
            features,
            labels,
            metrics,
            library: artefact.library(),
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}
