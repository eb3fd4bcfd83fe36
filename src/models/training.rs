//! Training as a job: asked for and checked at once, done by a worker on a core of its own, and there whole or not at
//! all.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lesson::{Lesson, Trained};
use super::refusals::refusal;
use super::{
    Algorithm, BUILT_IN, MAX_NAME, Method, NewVersion, Task, Version, other_task, service, taken,
};
use crate::app::App;
use crate::datasets::rows::Selection;
use crate::datasets::{self, Dataset};
use crate::db::types::{JsonValue, Timestamp};
use crate::db::{commit, query};
use crate::error::{Error, OnConstraint, Result, UserErrorCode};
use crate::id::{DatasetId, ModelId, UserId};
use crate::jobs::worker::{Kind, Run};
use crate::jobs::{self, Job, NewJob};
use crate::learning::{classes, forecasts};
use crate::logs::Log;
use crate::validate::{Checks, fold, json as json_check};
use crate::viewer::Viewer;

/// The kind of the jobs.
pub const KIND: &str = "model.train";
/// How long an attempt may take.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);
/// How often a training is begun: what its worker dies of will not go away.
const ATTEMPTS: i32 = 3;
/// The part of the whole that is training; the rest is keeping what came of it.
const TRAINING: f64 = 0.95;
/// How many rows are read of a table at most; some methods take fewer.
const MOST_ROWS: i64 = classes::MOST_ROWS as i64;
/// The longest list of features, and the longest name in it.
const MAX_FEATURES: usize = 10_000;

/// What somebody wants trained.
#[derive(Debug, Clone)]
pub struct Order {
    /// The model's name.
    pub name: String,
    /// What the model is to do.
    pub task: Task,
    /// How.
    pub algorithm: Algorithm,
    /// On what.
    pub dataset_id: DatasetId,
    /// The column to tell.
    pub target: String,
    /// The columns to tell it from.
    pub features: Option<Vec<String>>,
    /// What the algorithm is told.
    pub params: Option<Value>,
}

/// What the job is told.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    name: String,
    task: Task,
    algorithm: Algorithm,
    dataset_id: DatasetId,
    target: String,
    features: Vec<String>,
    params: Value,
    username: String,
    as_admin: bool,
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

/// Checks the name of a model that the viewer wants to add a version to.
pub async fn check_name(app: &App, viewer: &Viewer, name: &str, task: Task) -> Result<String> {
    let path = ["input", "name"];
    let mut checks = Checks::new();
    let name = checks.line(path, name, 1, MAX_NAME);
    checks.done()?;
    if BUILT_IN.contains(&fold(&name).as_str()) {
        let message =
            format!("{name} is the name of a forecast that is always there: choose another one.");
        return Err(Error::user(UserErrorCode::Taken, path, message));
    }
    match service::find_by_name(app, viewer, &name).await? {
        Some(model) if !model.is_of(viewer) => Err(taken(&name)),
        Some(model) if model.task != task => Err(other_task(&model)),
        _ => Ok(name),
    }
}

/// Checks what is to be trained and queues it.
pub async fn start(app: &App, viewer: &Viewer, order: Order) -> Result<Job> {
    let identity = viewer.require()?;
    let owner = identity.user_id;
    let at = |field| ["input", field];
    let dataset = datasets::service::find(app, viewer, order.dataset_id).await?;
    let dataset = dataset.ok_or_else(|| datasets::not_found(at("datasetId")))?;
    let name = check_name(app, viewer, &order.name, order.task).await?;
    let mut checks = Checks::new();
    let method = Method::of(order.task, order.algorithm);
    if method.is_none() {
        let message = match order.algorithm {
            Algorithm::Onnx => "What was trained elsewhere is brought by `importModel`.".to_owned(),
            algorithm => format!(
                "{} is no algorithm for {}.",
                algorithm.as_str(),
                order.task.as_str()
            ),
        };
        checks.add(UserErrorCode::Invalid, at("algorithm"), message);
    }
    if dataset.kind != order.task.kind() {
        let message = format!(
            "{} needs a dataset of the kind {}; this is {}.",
            order.task.as_str(),
            order.task.kind().as_str(),
            dataset.kind.as_str()
        );
        checks.add(UserErrorCode::Invalid, at("datasetId"), message);
    }
    let params = order.params.unwrap_or(Value::Null);
    match &params {
        Value::Null | Value::Object(_) => json_check::check(&mut checks, at("params"), &params),
        _ => checks.add(
            UserErrorCode::Invalid,
            at("params"),
            "Parameters are an object, each under its name.",
        ),
    }
    if let Some(features) = &order.features
        && features.len() > MAX_FEATURES
    {
        let message = format!("At most {MAX_FEATURES} features are taken.");
        checks.add(UserErrorCode::TooLong, at("features"), message);
    }
    checks.done()?;
    let selection = Selection::of(&dataset, &order.target, order.features.as_deref())?;
    if let Some(Method::Forecast(method)) = method {
        enough(&dataset, method, &params)?;
    }
    if order.task != Task::Forecast && dataset.row_count > MOST_ROWS {
        let message = format!(
            "Models learn from at most {MOST_ROWS} rows; this dataset has {}.",
            dataset.row_count
        );
        let path = at("datasetId");
        return Err(Error::user(UserErrorCode::TooLarge, path, message));
    }
    if u64::try_from(dataset.byte_size).unwrap_or(u64::MAX) > app.config.models.training_bytes {
        let message = format!(
            "Models are trained on datasets of at most {} bytes; this has {}.",
            app.config.models.training_bytes, dataset.byte_size
        );
        return Err(Error::user(
            UserErrorCode::TooLarge,
            at("datasetId"),
            message,
        ));
    }
    let payload = Payload {
        name,
        task: order.task,
        algorithm: order.algorithm,
        dataset_id: dataset.id,
        target: selection.target,
        features: selection.features,
        params,
        username: identity.username.clone(),
        as_admin: viewer.is_admin(),
    };
    let payload = serde_json::to_value(payload).map_err(Error::caused_by)?;
    let job = NewJob::new(KIND, payload, app.clock.now())
        .owned_by(owner)
        .about(dataset.id)
        .max_attempts(ATTEMPTS);
    let id = commit!(app.db, jobs::enqueue_alone(job))?;
    app.events.wake(jobs::topic());
    query!(app.db, jobs::find(id))?.ok_or_else(|| Error::internal("a new job is gone"))
}

fn enough(dataset: &Dataset, method: forecasts::Method, params: &Value) -> Result<()> {
    let needed = forecasts::rows_needed(method, params).map_err(refusal)?;
    let rows = usize::try_from(dataset.row_count).unwrap_or(usize::MAX);
    if rows >= needed {
        return Ok(());
    }
    let message = format!("There are {rows} rows and at least {needed} are needed.");
    let path = ["input", "datasetId"];
    Err(Error::user(UserErrorCode::NotEnoughData, path, message))
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
