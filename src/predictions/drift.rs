//! How far what a model was asked lately is from what it was trained with.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::artefacts::Ready;
use crate::db::query;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, Result};
use crate::id::ModelVersionId;
use crate::learning::drift::FeatureDrift;
use crate::models::refusals::refusal;
use crate::models::{Model, Task};
use crate::viewer::Viewer;

/// The longest time that is looked back on, in days.
pub const MOST_DAYS: i32 = 365;
/// How many of the newest requests are compared.
pub const MOST_SAMPLES: i64 = 10_000;
/// How many of them are read at once.
const STEP: i64 = 500;
/// How many reports are made at once: one holds up to five million numbers.
static REPORTS: Semaphore = Semaphore::const_new(2);

/// What a comparison found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The version whose requests these were.
    pub version_id: ModelVersionId,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// How many requests were compared.
    pub samples: usize,
    /// Each feature.
    pub features: Vec<FeatureDrift>,
}

impl Report {
    /// Whether any feature has drifted.
    pub fn drifted(&self) -> bool {
        self.features.iter().any(|feature| feature.drifted)
    }
}

/// The drift of a model's champion over the last so many days; none where there is nothing to compare: forecasts, texts,
/// models that were trained elsewhere.
pub async fn report(
    app: &App,
    viewer: &Viewer,
    model: &Model,
    days: i32,
) -> Result<Option<Report>> {
    viewer.require()?;
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::bad_input(format!(
            "`days` is {days}; it must be from 1 to {MOST_DAYS}."
        )));
    }
    look(app, model, days).await
}

/// The same for the server itself.
pub(super) async fn look(app: &App, model: &Model, days: i32) -> Result<Option<Report>> {
    let Some(champion) = model
        .champion_id
        .filter(|_| model.task == Task::Classification)
    else {
        return Ok(None);
    };
    let Some(version) = query!(app.db, models::find_version(champion))? else {
        return Ok(None);
    };
    let ready = crate::models::service::load(app, &version).await?;
    if !matches!(&*ready, Ready::Classifier(_)) {
        return Ok(None);
    }
    let to = app.clock.now();
    let back = Duration::from_secs(u64::from(days.unsigned_abs()) * 24 * 3_600);
    let seconds = i64::try_from(back.as_secs()).unwrap_or(i64::MAX);
    let from = to.plus_seconds(-seconds);
    let _turn = REPORTS.acquire().await.map_err(Error::caused_by)?;
    let mut rows = Vec::new();
    let mut read = 0;
    while read < MOST_SAMPLES {
        // As numbers at once: the objects that they come in take ten times as much.
        let part = (read, STEP);
        let asked = query!(app.db, classifications::asked(champion, (from, to), part))?;
        let names = version.features();
        rows.extend(asked.iter().filter_map(|asked| row(&names, asked)));
        read += STEP;
        if (asked.len() as i64) < STEP {
            break;
        }
    }
    let compared = tokio::task::spawn_blocking(move || match &*ready {
        Ready::Classifier(model) => {
            let features = model.reference().compare(&rows).map_err(refusal)?;
            Ok((rows.len(), features))
        }
        _ => Ok((0, Vec::new())),
    });
    let compared: Result<_> = compared
        .await
        .map_err(|cause| Error::task_stopped(&cause))?;
    let (samples, features) = compared?;
    Ok(Some(Report {
        version_id: champion,
        from,
        to,
        samples,
        features,
    }))
}

/// What was asked, in the order of the model's features.
fn row(features: &[String], asked: &JsonValue) -> Option<Vec<f64>> {
    let number = |name: &String| asked.0.get(name).and_then(Value::as_f64);
    features.iter().map(number).collect()
}
