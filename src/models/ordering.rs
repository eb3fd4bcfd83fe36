//! What is to be trained: asked for, checked at once, and queued as a job.

use serde_json::Value;

use super::refusals::refusal;
use super::training::{KIND, Payload};
use super::{Algorithm, BUILT_IN, MAX_NAME, Method, Task, other_task, service, taken};
use crate::app::App;
use crate::datasets::rows::Selection;
use crate::datasets::{self, Dataset};
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::DatasetId;
use crate::jobs::{self, Job, NewJob};
use crate::learning::{classes, forecasts, texts};
use crate::validate::{Checks, fold, json as json_check};
use crate::viewer::Viewer;

/// How often a training is begun: what its worker dies of will not go away.
const ATTEMPTS: i32 = 3;
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
    match method {
        Some(Method::Forecast(method)) => enough(&dataset, method, &params)?,
        Some(Method::Classes(method)) => {
            let features = selection.features.len();
            classes::check(method, &params, features).map_err(refusal)?;
        }
        Some(Method::Texts(method)) => texts::check(method, &params).map_err(refusal)?,
        None => {}
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
    let most = i64::from(app.config.models.unfinished);
    let id = commit!(app.db, jobs::enqueue_bounded(job, most))?;
    let id = id.ok_or_else(|| {
        let message = format!(
            "{most} trainings of yours wait or run, which is as many as there may be: wait for one, or cancel it."
        );
        Error::user(UserErrorCode::LimitReached, ["input"], message)
    })?;
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
