//! Classifying: a row or a text goes in, and a label comes out that is kept before anybody reads it.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};

use super::{Classification, LabelProbability, features};
use crate::app::App;
use crate::artefacts::Ready;
use crate::db::types::JsonValue;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::ClassificationId;
use crate::learning::classes::most_probable;
use crate::learning::onnx::Answer;
use crate::models::refusals::refusal;
use crate::models::{self, Model, Task, Version};
use crate::validate::fold;
use crate::viewer::Viewer;

/// What is asked of models of at most so many bytes takes a fraction of a millisecond: work grows with what was learned.
const SMALL_MODEL: i64 = 256 * 1024;
/// The same of texts.
const SMALL_TEXT: usize = 8 * 1024;

/// What somebody wants to have classified.
#[derive(Debug, Clone)]
pub struct Question {
    /// The model's name.
    pub model: String,
    /// Which version; the one that answers this caller where there is none.
    pub version: Option<i32>,
    /// Numbers by their names, or a text.
    pub features: Value,
}

/// Classifies, and keeps the answer.
pub async fn classify(app: &App, viewer: &Viewer, question: Question) -> Result<Classification> {
    let caller = viewer.require()?.user_id;
    let began = Instant::now();
    let (model, version) = asked(app, viewer, &question.model, question.version).await?;
    if model.task == Task::Forecast {
        let message = format!("The model {} forecasts: ask it by `predict`.", model.name);
        return Err(invalid_model(message));
    }
    let told = match model.task {
        Task::TextClassification => Told::Text(features::text(&question.features)?.to_owned()),
        _ => Told::Row(features::row(
            &version.features(),
            &question.features,
            version.algorithm,
        )?),
    };
    let kept = told.kept(&version);
    let ready = models::service::load(app, &version).await?;
    let (label, probabilities) = match told.is_small(&version) {
        true => told.classified(&ready)?,
        false => {
            let work = tokio::task::spawn_blocking(move || told.classified(&ready));
            work.await.map_err(|cause| Error::task_stopped(&cause))??
        }
    };
    let probabilities = serde_json::to_value(&probabilities).map_err(Error::caused_by)?;
    let new = Classification {
        id: ClassificationId::new(),
        user_id: Some(caller),
        model_id: model.id,
        version_id: version.id,
        features: JsonValue(kept),
        label,
        probabilities: JsonValue(probabilities),
        latency_ms: began.elapsed().as_secs_f64() * 1_000.0,
        actual_label: None,
        correct: None,
        created_at: app.clock.now(),
    };
    commit!(app.db, classifications::insert(new.clone()))?;
    Ok(new)
}

/// The version that is to answer. UNKNOWN_MODEL where there is none.
async fn asked(
    app: &App,
    viewer: &Viewer,
    name: &str,
    number: Option<i32>,
) -> Result<(Model, Version)> {
    let caller = viewer.require()?.user_id;
    if !name.contains('\0') {
        let key = fold(name.trim());
        let found = query!(app.db, classifications::candidates(key, number))?;
        let meant = found.into_iter().find(|(model, version)| {
            number.is_some() || models::service::answering(model, caller) == Some(version.id)
        });
        if let Some(found) = meant {
            return Ok(found);
        }
    }
    // Which says what is not there.
    let path = match number {
        Some(_) => ["input", "version"],
        None => ["input", "model"],
    };
    models::service::pick(app, viewer, name, number, path).await
}

fn invalid_model(message: String) -> Error {
    Error::user(UserErrorCode::Invalid, ["input", "model"], message)
}

/// What a model is told.
enum Told {
    /// Numbers in the order of its features.
    Row(Vec<f64>),
    /// A text.
    Text(String),
}

impl Told {
    /// As it is kept: what was understood, not what came.
    fn kept(&self, version: &Version) -> Value {
        let fields: Map<String, Value> = match self {
            Self::Row(row) => {
                let numbers = row.iter().map(|number| Value::from(*number));
                version.features().into_iter().zip(numbers).collect()
            }
            Self::Text(text) => {
                let text = ("text".to_owned(), Value::from(text.as_str()));
                [text].into_iter().collect()
            }
        };
        Value::Object(fields)
    }

    /// Whether it is done sooner than another thread would have begun.
    fn is_small(&self, version: &Version) -> bool {
        match self {
            Self::Row(_) => version.byte_size <= SMALL_MODEL,
            Self::Text(text) => text.len() <= SMALL_TEXT,
        }
    }

    fn classified(&self, ready: &Arc<Ready>) -> Result<(String, Vec<LabelProbability>)> {
        let (labels, probabilities, label) = match (&**ready, self) {
            (Ready::Classifier(model), Self::Row(row)) => {
                let found = model.probabilities(row).map_err(refusal)?;
                (model.labels(), found, None)
            }
            (Ready::Text(model), Self::Text(text)) => {
                let found = model.probabilities(text).map_err(refusal)?;
                (model.labels(), found, None)
            }
            (Ready::Onnx { model, .. }, Self::Row(row)) => match model.run(row).map_err(refusal)? {
                Answer::Class {
                    label,
                    probabilities,
                } => (model.labels(), probabilities, Some(label)),
                Answer::Value(_) => {
                    let message = "This model answers with a number and not with a label.";
                    return Err(invalid_model(message.to_owned()));
                }
            },
            _ => return Err(Error::internal("a model is not what its task says")),
        };
        let label = match label {
            Some(label) => label,
            None => labels
                .get(most_probable(&probabilities))
                .cloned()
                .ok_or_else(|| Error::internal("a model has no labels"))?,
        };
        let sure = labels.iter().zip(probabilities);
        let sure = sure.map(|(label, probability)| LabelProbability {
            label: label.clone(),
            probability,
        });
        Ok((label, sure.collect()))
    }
}
