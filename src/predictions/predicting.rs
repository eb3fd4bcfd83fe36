//! Forecasting: what is asked for is checked, short work is done there and then, and long work becomes a job.

use serde_json::{Value, json};

use super::making::{continued, horizon, kept, learned, made, open};
use super::running::KIND;
use super::{Bounds, Forecast, MAX_NOTE, MOST_DAYS, Prediction, too_many};
use crate::app::App;
use crate::datasets::rows::Selection;
use crate::datasets::{self, ColumnType, Dataset, Kind};
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{DatasetId, PredictionId};
use crate::jobs::{self, JobStatus, NewJob};
use crate::learning::forecasts::{self, Method};
use crate::learning::unobserved;
use crate::logs::Log;
use crate::models::refusals::refusal;
use crate::models::{self, BUILT_IN, Task, Version};
use crate::validate::{Checks, fold};
use crate::viewer::Viewer;

/// How often a long forecast is begun: what its worker dies of will not go away.
const ATTEMPTS: i32 = 3;
/// What the values of a series with several columns are usually called.
const USUAL: [&str; 3] = ["close", "value", "y"];
/// The most of a name that the log repeats, in characters.
const MAX_NAMED: usize = 100;

/// What somebody wants forecast.
#[derive(Debug, Clone)]
pub struct Order {
    /// The model's name.
    pub model: String,
    /// Which version; the one that answers this caller where there is none.
    pub version: Option<i32>,
    /// The series.
    pub dataset_id: DatasetId,
    /// Its column of values.
    pub target: Option<String>,
    /// How many days are forecast.
    pub days: i32,
    /// What to note about it.
    pub note: Option<String>,
}

/// What makes a forecast.
enum Maker {
    /// A method that is trained on the series there and then.
    Method(Method),
    /// A version of a model.
    Version(Box<Version>),
}

/// Forecasts: at once where that is short, and otherwise as a job. The log tells of every end, also of refusals and faults.
pub async fn predict(app: &App, viewer: &Viewer, order: Order) -> Result<Prediction> {
    viewer.require()?;
    let made = checked(app, viewer, &order).await;
    if let Err(error) = &made {
        let model = order.model.chars().filter(|letter| *letter != '\0');
        let details = json!({
            "model": model.take(MAX_NAMED).collect::<String>(),
            "days": order.days,
            "errors": codes(error),
        });
        let now = app.clock.now();
        let entry = Log::audit(viewer, now, "prediction.failed", order.dataset_id).with(details);
        // Why there is no forecast is what its user has to learn, also where the same fault keeps the log from learning it.
        if let Err(fault) = commit!(app.db, logs::note(entry)) {
            tracing::error!(%fault, "the log does not tell of a forecast that failed");
        }
    }
    made
}

/// What the log says of a failure: its codes, as clients see them.
fn codes(error: &Error) -> Vec<&'static str> {
    match error {
        Error::User(errors) => errors.iter().map(|error| error.code.as_str()).collect(),
        Error::Refused { code, .. } => vec![code.as_str()],
        Error::Limited { .. } => vec!["RATE_LIMITED"],
        Error::Internal(_) => vec!["INTERNAL_SERVER_ERROR"],
    }
}

async fn checked(app: &App, viewer: &Viewer, order: &Order) -> Result<Prediction> {
    let owner_id = viewer.require()?.user_id;
    let at = |field| ["input", field];
    let dataset = series(app, viewer, order.dataset_id).await?;
    let mut checks = Checks::new();
    if !(1..=MOST_DAYS).contains(&order.days) {
        let message = format!(
            "1 to {MOST_DAYS} days are forecast; this asks for {}.",
            order.days
        );
        checks.add(UserErrorCode::OutOfRange, at("days"), message);
    }
    let note = order.note.as_deref();
    let note = note.map(|note| checks.text(at("note"), note, MAX_NOTE));
    checks.done()?;
    let maker = maker(app, viewer, order).await?;
    let trained_on = match &maker {
        Maker::Version(version) => version.target.as_deref(),
        Maker::Method(_) => None,
    };
    let target = target(&dataset, order.target.as_deref(), trained_on)?;
    let selection = Selection::of(&dataset, &target, None)?;
    let now = app.clock.now();
    let model = order.model.trim();
    let new = Prediction {
        id: PredictionId::new(),
        owner_id,
        model: model.to_owned(),
        model_key: fold(model),
        version_id: match &maker {
            Maker::Version(version) => Some(version.id),
            Maker::Method(_) => None,
        },
        dataset_id: dataset.id,
        target,
        days: order.days,
        status: JobStatus::Queued,
        error: None,
        note: note.filter(|note| !note.is_empty()),
        job_id: None,
        logged: false,
        created_at: now,
        finished_at: None,
    };
    let entry = |action| {
        Log::audit(viewer, now, action, new.id).with(json!({
            "model": new.model,
            "dataset": new.dataset_id,
            "days": new.days,
        }))
    };
    let bounds = bounds(app);
    let rows = usize::try_from(dataset.row_count).unwrap_or(usize::MAX);
    if let Maker::Method(method) = &maker {
        enough(&dataset, rows, *method)?;
        if method.is_slow(rows) {
            let payload = json!({ "predictionId": new.id, "username": viewer.require()?.username });
            let job = NewJob::new(KIND, payload, now)
                .owned_by(owner_id)
                .about(new.id)
                .max_attempts(ATTEMPTS);
            let log = entry("prediction.requested");
            let made = (None, Some(job));
            let kept = commit!(app.db, predictions::create(new.clone(), made, bounds, log))?;
            app.events.wake(jobs::topic());
            return Ok(kept);
        }
    }
    // Nobody's work is done for what would not be kept.
    let filter = super::PredictionFilter {
        user_id: Some(owner_id),
        ..Default::default()
    };
    if query!(app.db, predictions::count(filter))? >= bounds.all {
        return Err(too_many("forecasts", bounds.all));
    }
    let file = open(app, &dataset).await?;
    let days = horizon(order.days);
    let forecast = match maker {
        Maker::Method(method) => {
            let work = move || made(&selection, file, method, days, &mut unobserved);
            app.forecasts.run(work).await?
        }
        Maker::Version(version) => {
            let ready = models::service::load(app, &version).await?;
            let known = learned(&version, &dataset, &selection.target);
            let work = move || continued(&selection, file, &ready, days);
            let forecast = app.forecasts.run(work).await?;
            Forecast {
                metrics: forecast.metrics.filter(|_| known),
                ..forecast
            }
        }
    };
    let log = entry("prediction.succeeded");
    let new = Prediction {
        status: JobStatus::Succeeded,
        logged: true,
        finished_at: Some(app.clock.now()),
        ..new.clone()
    };
    let made = (Some(kept(&forecast)?), None);
    commit!(app.db, predictions::create(new, made, bounds, log))
}

fn bounds(app: &App) -> Bounds {
    let config = &app.config.predictions;
    Bounds {
        all: i64::from(config.most),
        unfinished: i64::from(config.unfinished),
    }
}

/// A series that the viewer may forecast: their own, or one that the program brought.
async fn series(app: &App, viewer: &Viewer, id: DatasetId) -> Result<Dataset> {
    let path = ["input", "datasetId"];
    let dataset = datasets::service::find(app, viewer, id).await?;
    let dataset = dataset.ok_or_else(|| datasets::not_found(path))?;
    if dataset.owner_id.is_some() && dataset.owner_id != viewer.id() {
        let message = "This dataset is somebody else's: forecasts are made of one's own.";
        return Err(Error::user(UserErrorCode::Forbidden, path, message));
    }
    if dataset.kind != Kind::TimeSeries {
        let message = format!(
            "Forecasts continue a TIME_SERIES; this dataset is {}.",
            dataset.kind.as_str()
        );
        return Err(Error::user(UserErrorCode::Invalid, path, message));
    }
    Ok(dataset)
}

/// What the name stands for. UNKNOWN_MODEL where it stands for nothing.
async fn maker(app: &App, viewer: &Viewer, order: &Order) -> Result<Maker> {
    let name = fold(order.model.trim());
    if BUILT_IN.contains(&name.as_str()) {
        if let Some(number) = order.version {
            let message = format!("{name} is trained anew each time: it has no version {number}.");
            let path = ["input", "version"];
            return Err(Error::user(UserErrorCode::UnknownModel, path, message));
        }
        return Ok(Maker::Method(name.parse().map_err(refusal)?));
    }
    let path = match order.version {
        Some(_) => ["input", "version"],
        None => ["input", "model"],
    };
    let picked = models::service::pick(app, viewer, &order.model, order.version, path).await?;
    let (model, version) = picked;
    if model.task != Task::Forecast {
        let message = format!("The model {} classifies: ask it by `classify`.", model.name);
        let path = ["input", "model"];
        return Err(Error::user(UserErrorCode::Invalid, path, message));
    }
    Ok(Maker::Version(Box::new(version)))
}

/// The column of values: the one that is named, the one that the model was trained on, the only one of numbers, or one
/// that is called as such columns usually are.
fn target(dataset: &Dataset, named: Option<&str>, trained_on: Option<&str>) -> Result<String> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let columns = dataset.columns();
    let numbers = || {
        let numbers = columns.iter();
        numbers.filter(|column| column.kind == ColumnType::Number)
    };
    let of_model = trained_on.and_then(|name| numbers().find(|column| column.name == name));
    let only = match numbers().count() {
        1 => numbers().next(),
        _ => None,
    };
    let mut usual = USUAL
        .iter()
        .filter_map(|usual| numbers().find(|column| fold(&column.name) == *usual));
    let found = of_model.or(only).or_else(|| usual.next());
    found.map(|column| column.name.clone()).ok_or_else(|| {
        let names = numbers()
            .take(20)
            .map(|column| format!("`{}`", column.name));
        let message = format!(
            "Say in `target` which column is forecast; there are {}.",
            names.collect::<Vec<_>>().join(", ")
        );
        Error::user(UserErrorCode::Invalid, ["input", "target"], message)
    })
}

fn enough(dataset: &Dataset, rows: usize, method: Method) -> Result<()> {
    let needed = forecasts::rows_needed(method, &Value::Null).map_err(refusal)?;
    if rows >= needed {
        return Ok(());
    }
    let message = format!(
        "{} has {rows} rows and {method} needs at least {needed}.",
        dataset.name
    );
    let path = ["input", "datasetId"];
    Err(Error::user(UserErrorCode::NotEnoughData, path, message))
}
