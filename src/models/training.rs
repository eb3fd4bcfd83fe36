//! Training as a job: done by a worker on a core of its own, and there whole or not at all.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lesson::{Lesson, Trained};
use super::{Algorithm, Method, NewVersion, Task, Version};
use crate::app::App;
use crate::datasets::rows::Selection;
use crate::datasets::{self, Dataset};
use crate::db::types::{JsonValue, Timestamp};
use crate::db::{commit, query};
use crate::error::{Error, OnConstraint, Result, UserErrorCode};
use crate::id::{DatasetId, ModelId, UserId};
use crate::jobs::worker::{Kind, Run};
use crate::logs::Log;
use crate::viewer::Viewer;

/// The kind of the jobs.
pub const KIND: &str = "model.train";
/// How long an attempt may take.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);
/// The part of the whole that is training; the rest is keeping what came of it.
const TRAINING: f64 = 0.95;

/// What the job is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) name: String,
    pub(super) task: Task,
    pub(super) algorithm: Algorithm,
    pub(super) dataset_id: DatasetId,
    pub(super) target: String,
    pub(super) features: Vec<String>,
    pub(super) params: Value,
    pub(super) username: String,
    pub(super) as_admin: bool,
}

impl Payload {
    fn lesson(&self) -> Result<Lesson> {
        let method = Method::of(self.task, self.algorithm);
        Ok(Lesson {
            method: method.ok_or_else(|| Error::internal("a training has no method"))?,
            selection: Selection {
                target: self.target.clone(),
                features: self.features.clone(),
            },
            params: self.params.clone(),
        })
    }
}

/// The kinds of jobs that models bring.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(KIND, LONGEST, move |run| {
        let app = app.clone();
        async move { work(&app, run).await }
    })]
}

async fn work(app: &App, run: Run) -> Result<Value> {
    if let Some(done) = query!(app.db, models::trained_by(run.job.id))? {
        return Ok(outcome(done.model_id, &done));
    }
    let payload: Payload = run.payload()?;
    let owner = run.job.owner_id;
    let owner = owner.ok_or_else(|| Error::internal("a training belongs to nobody"))?;
    let dataset = query!(app.db, datasets::find(payload.dataset_id))?;
    let dataset = dataset.ok_or_else(|| {
        let message = "The dataset was deleted before the training began.";
        Error::user(UserErrorCode::NotFound, ["input", "datasetId"], message)
    })?;
    let most = app.config.models.training_bytes;
    let file = datasets::service::open(app, &dataset, most).await?;
    let lesson = payload.lesson()?;
    let trained = run
        .observe(&app.training, (TRAINING, "Training"), move |progress| {
            lesson.learn(file, progress)
        })
        .await?;
    let now = app.clock.now();
    let new = new_version(&payload, owner, &dataset, &run, &trained, now)?;
    if trained.bytes.len() as u64 > app.config.models.bytes {
        let message = format!(
            "The trained model has {} bytes and at most {} are kept: train it on fewer rows, or with fewer trees.",
            trained.bytes.len(),
            app.config.models.bytes
        );
        return Err(Error::user(
            UserErrorCode::TooLarge,
            ["input", "params"],
            message,
        ));
    }
    run.progress(TRAINING, "Keeping it").await?;
    app.storage.put(&new.version.key(), trained.bytes).await?;
    register(app, new, Some(&run), payload.username).await
}

/// Writes the version and its model.
async fn register(
    app: &App,
    new: NewVersion,
    run: Option<&Run>,
    username: String,
) -> Result<Value> {
    let entry = Log::audit(
        &Viewer::default(),
        new.version.created_at,
        "model.trained",
        new.version.id,
    )
    .with(json!({ "model": new.name, "algorithm": new.version.algorithm.as_str() }))
    .by(new.owner, &username);
    let lease = run.map(Run::lease);
    let name = new.name.clone();
    let written = commit!(app.db, model_registrations::insert(new, lease, entry))
        // Somebody makes a model of this name at the same moment: the next attempt finds it.
        .on_constraint("models_name_key", || taken_now(&name));
    let (model, version) = written?;
    Ok(outcome(model.id, &version))
}

fn taken_now(name: &str) -> Error {
    Error::internal(format!("a model called {name} was made at the same moment"))
}

fn outcome(model: ModelId, version: &Version) -> Value {
    json!({
        "modelId": model,
        "modelVersionId": version.id,
        "version": version.version,
    })
}

fn new_version(
    payload: &Payload,
    owner: UserId,
    dataset: &Dataset,
    run: &Run,
    trained: &Trained,
    now: Timestamp,
) -> Result<NewVersion> {
    let json = |value: std::result::Result<Value, serde_json::Error>| {
        value.map(JsonValue).map_err(Error::caused_by)
    };
    let labels = trained.labels.as_ref().map(serde_json::to_value);
    Ok(NewVersion {
        name: payload.name.clone(),
        task: payload.task,
        owner,
        as_admin: payload.as_admin,
        version: Version {
            id: trained.id,
            // Both are found as it is written.
            model_id: ModelId(uuid::Uuid::nil()),
            version: 0,
            algorithm: payload.algorithm,
            params: JsonValue(trained.params.clone()),
            features: json(serde_json::to_value(&trained.features))?,
            labels: labels.map(json).transpose()?,
            target: Some(payload.target.clone()),
            dataset_id: Some(dataset.id),
            data_hash: Some(hex::encode(&dataset.sha256)),
            metrics: json(serde_json::to_value(&trained.metrics))?,
            library: trained.library.to_owned(),
            training_seconds: trained.seconds,
            byte_size: i64::try_from(trained.bytes.len()).map_err(Error::caused_by)?,
            sha256: trained.sha256.clone(),
            job_id: Some(run.job.id),
            created_at: now,
        },
    })
}
