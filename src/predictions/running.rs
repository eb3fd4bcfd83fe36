//! The jobs that make long forecasts: begun again when their worker dies, and each forecast written once and whole.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::making::{horizon, kept, made, open};
use super::{Ending, Forecast, Prediction};
use crate::app::App;
use crate::datasets::rows::Selection;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::PredictionId;
use crate::jobs::worker::{Kind, Run};
use crate::learning::forecasts::Method;
use crate::logs::Log;
use crate::models::refusals::refusal;
use crate::viewer::Viewer;

/// The kind of the jobs; the trigger that lets forecasts follow their jobs knows it too.
pub const KIND: &str = "prediction.run";
/// How long an attempt may take.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);
/// The part of the whole that is training; the rest is keeping what came of it.
const TRAINING: f64 = 0.95;

/// What the job is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    prediction_id: PredictionId,
    username: String,
}

/// The kinds of jobs that forecasts bring.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(KIND, LONGEST, move |run| {
        let app = app.clone();
        async move { work(&app, run).await }
    })]
}

async fn work(app: &App, run: Run) -> Result<Value> {
    let payload: Payload = run.payload()?;
    let id = payload.prediction_id;
    let found = query!(app.db, predictions::find(id))?;
    // Deleted, or written by an attempt that died after it.
    let Some(prediction) = found.filter(|found| found.finished_at.is_none()) else {
        return Ok(json!({ "predictionId": id }));
    };
    run.progress(0.0, "Reading the series").await?;
    let made = make(app, &run, &prediction).await;
    let (ending, action, refused) = match made {
        Ok(forecast) => (Ending::Made(kept(&forecast)?), "prediction.succeeded", None),
        Err(error @ Error::User(_)) => {
            let told = Ending::Failed(error.to_string());
            (told, "prediction.failed", Some(error))
        }
        Err(error) => return Err(error),
    };
    let now = app.clock.now();
    let entry = ended(&prediction, action, now).by(prediction.owner_id, &payload.username);
    let lease = run.lease();
    commit!(app.db, predictions::finish(id, lease, ending, now, entry))?;
    app.events.wake(prediction.topic());
    match refused {
        Some(error) => Err(error),
        None => Ok(json!({ "predictionId": id })),
    }
}

/// The log's entry about the end of a forecast.
pub(super) fn ended(
    prediction: &Prediction,
    action: &str,
    now: crate::db::types::Timestamp,
) -> Log {
    Log::audit(&Viewer::default(), now, action, prediction.id).with(json!({
        "model": prediction.model,
        "dataset": prediction.dataset_id,
        "days": prediction.days,
    }))
}

/// Makes a forecast on a core of its own, and tells how far it is meanwhile.
async fn make(app: &App, run: &Run, prediction: &Prediction) -> Result<Forecast> {
    let dataset = query!(app.db, datasets::find(prediction.dataset_id))?;
    let dataset = dataset.ok_or_else(|| {
        let message = "The dataset was deleted before the forecast was made.";
        Error::user(UserErrorCode::NotFound, ["input", "datasetId"], message)
    })?;
    let method: Method = prediction.model_key.parse().map_err(refusal)?;
    let selection = Selection::of(&dataset, &prediction.target, None)?;
    let file = open(app, &dataset).await?;
    let days = horizon(prediction.days);
    run.observe(&app.training, (TRAINING, "Training"), move |progress| {
        made(&selection, file, method, days, progress)
    })
    .await
}
