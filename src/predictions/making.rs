//! How a forecast is made: a series is read, continued, and its days are counted on.

use std::fs::File;
use std::sync::Arc;

use serde_json::Value;

use super::days::after;
use super::{Forecast, Point};
use crate::app::App;
use crate::artefacts::Ready;
use crate::datasets::rows::{Selection, Series};
use crate::datasets::{self, Dataset};
use crate::db::types::JsonValue;
use crate::error::{Error, Result, UserErrorCode};
use crate::learning::Progress;
use crate::learning::forecasts::{self, Forecaster, Method};
use crate::models::Version;
use crate::models::refusals::refusal;

/// PostgreSQL and serde_json give back numbers up to this one.
const GREATEST: f64 = 1e300;

/// The bytes of a series, which are read into memory.
pub(super) async fn open(app: &App, dataset: &Dataset) -> Result<File> {
    datasets::service::open(app, dataset, app.config.models.training_bytes).await
}

/// A horizon that was checked.
pub(super) fn horizon(days: i32) -> usize {
    usize::try_from(days).unwrap_or(0)
}

/// Trains a method on a series, and continues that.
pub(super) fn made(
    selection: &Selection,
    file: File,
    method: Method,
    days: usize,
    progress: Progress<'_>,
) -> Result<Forecast> {
    let series = selection.series(file)?;
    let trained = forecasts::train(&series.values, method, &Value::Null, progress);
    dated(&series, &trained.map_err(refusal)?, days)
}

/// Whether a version learned from this very series, so that its backtest speaks of it.
pub(super) fn learned(version: &Version, dataset: &Dataset, target: &str) -> bool {
    let hash = hex::encode(&dataset.sha256);
    version.data_hash.as_ref() == Some(&hash) && version.target.as_deref() == Some(target)
}

/// Continues a series by what was learned from another, or from this one when it was shorter.
pub(super) fn continued(
    selection: &Selection,
    file: File,
    ready: &Arc<Ready>,
    days: usize,
) -> Result<Forecast> {
    let series = selection.series(file)?;
    match &**ready {
        Ready::Forecaster(model) => dated(&series, model, days),
        _ => Err(Error::internal("a model is not what its task says")),
    }
}

fn dated(series: &Series, model: &Forecaster, days: usize) -> Result<Forecast> {
    let path = ["input", "datasetId"];
    let invalid = |message: &str| Error::user(UserErrorCode::Invalid, path, message);
    let points = model
        .forecast_after(&series.values, days)
        .map_err(refusal)?;
    let days = after(&series.days, days);
    let days = days.ok_or_else(|| invalid("The calendar ends before this forecast does."))?;
    let keepable = |number: f64| number.is_finite() && number.abs() <= GREATEST;
    let points = days.into_iter().zip(points).map(|(date, point)| {
        let numbers = [point.value, point.lower, point.upper];
        let point = Point {
            date,
            value: point.value,
            lower: point.lower,
            upper: point.upper,
        };
        numbers.into_iter().all(keepable).then_some(point)
    });
    let points: Option<Vec<Point>> = points.collect();
    let beyond = || invalid("The forecast grows beyond all numbers: forecast fewer days.");
    Ok(Forecast {
        points: points.ok_or_else(beyond)?,
        metrics: Some(model.evaluation().into()),
    })
}

/// A forecast as it is kept.
pub(super) fn kept(forecast: &Forecast) -> Result<JsonValue> {
    serde_json::to_value(forecast)
        .map(JsonValue)
        .map_err(Error::caused_by)
}
