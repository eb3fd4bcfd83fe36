//! Forecasts of a daily (equally spaced) series.

use super::{Error, Progress, metrics::Scores};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a series is continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The last value stays.
    Naive,
    /// The value of one season ago comes again.
    SeasonalNaive,
    /// Exponential smoothing (error, trend).
    ExponentialSmoothing,
    /// Least squares over the last changes.
    Linear,
    /// The same with shrunken coefficients.
    Ridge,
    /// What followed the most similar windows.
    Knn,
    /// A random forest over the last changes.
    RandomForest,
    /// A recurrent network over the last changes.
    Lstm,
}

/// One step of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The forecast.
    pub value: f64,
    /// Lower end of the central 80 % interval.
    pub lower: f64,
    /// Upper end of the central 80 % interval.
    pub upper: f64,
}

/// What a rolling-origin backtest measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Over all steps measured.
    pub overall: Scores,
    /// The naive forecast's on the same splits.
    pub naive: Scores,
    /// Each step on its own.
    pub horizons: Vec<HorizonScores>,
    /// From how many days forecasts were made.
    pub origins: usize,
    /// How often the method was fitted.
    pub fits: usize,
}

/// The scores of the forecasts for one number of days ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HorizonScores {
    /// Days ahead.
    pub horizon: usize,
    /// The method's.
    pub method: Scores,
    /// The naive forecast's.
    pub naive: Scores,
}

/// A method that was fitted to a series, with its intervals and its backtest.
#[derive(Debug, Serialize, Deserialize)]
pub struct Forecaster {}

/// Backtests, makes the intervals from the backtest's errors, then fits with everything.
/// `series` is oldest first, without gaps.
pub fn train(
    series: &[f64],
    method: Method,
    params: &Value,
    progress: Progress<'_>,
) -> Result<Forecaster, Error> {
    let _ = (series, method, params, progress);
    todo!()
}

/// How many rows a method needs with these parameters.
pub fn rows_needed(method: Method, params: &Value) -> Result<usize, Error> {
    let _ = (method, params);
    todo!()
}

/// The furthest step of a forecast.
pub const MOST_DAYS: usize = 365;

impl Method {
    /// Whether training takes longer than an answer should wait, seconds rather than a fraction of one.
    pub fn is_slow(self, rows: usize) -> bool {
        let _ = rows;
        todo!()
    }
}

impl Forecaster {
    /// The method.
    pub fn method(&self) -> Method {
        todo!()
    }
    /// The parameters, with their defaults.
    pub fn params(&self) -> Value {
        todo!()
    }
    /// The backtest's result.
    pub fn evaluation(&self) -> &Evaluation {
        todo!()
    }
    /// The `days` (1 to [`MOST_DAYS`]) after the series that it was trained with.
    pub fn forecast(&self, days: usize) -> Result<Vec<Point>, Error> {
        let _ = days;
        todo!()
    }
    /// The `days` after another (usually longer) history, without training again.
    pub fn forecast_after(&self, history: &[f64], days: usize) -> Result<Vec<Point>, Error> {
        let _ = (history, days);
        todo!()
    }
}
