//! Forecasts of a daily (equally spaced) series: methods that continue it, and how well they did.
//!
//! A series whose values are all positive is worked on as logarithms, so that forecasts and intervals stay positive
//! and errors count as proportions; a backtest goes by the values until each of its days. Methods that learn from windows see the changes from one day to the next,
//! scaled by the training part's mean and deviation, and are asked again with their own answer for each further day.

mod backtest;
mod fitted;
mod intervals;
mod lstm;
mod method;
#[cfg(test)]
pub(super) mod references;
mod regressor;
mod rolling;
mod settings;
mod smoothing;
mod space;
#[cfg(test)]
mod tests;
mod windows;

use super::{Error, Progress, metrics::Scores};
use backtest::Rolls;
pub use backtest::{Backtest, BacktestPoint};
use fitted::Fitted;
use intervals::Calibration;
pub use method::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use settings::Settings;
use space::Space;

/// The furthest step of a forecast.
pub const MOST_DAYS: usize = 365;
/// The longest series that is taken: fifty-four years of days.
pub const MOST_ROWS: usize = 20_000;
/// How much of the series a forecaster keeps; no parameter looks further back.
const KEPT: usize = 2_100;

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
    /// From how many days forecasts were made and measured.
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
pub struct Forecaster {
    method: Method,
    /// JSON, as postcard has no type that describes itself.
    params: String,
    settings: Settings,
    space: Space,
    history: Vec<f64>,
    fitted: Fitted,
    calibration: Calibration,
    evaluation: Evaluation,
}

/// Backtests, makes the intervals from the backtest's errors, then fits with everything.
/// `series` is oldest first, without gaps.
pub fn train(
    series: &[f64],
    method: Method,
    params: &Value,
    progress: Progress<'_>,
) -> Result<Forecaster, Error> {
    let (settings, params) = Settings::read(method, params)?;
    let space = checked(series, &settings)?;
    let rolls = Rolls::over(series, space, &settings, &mut |done| progress(done * 0.97))?;
    let evaluation = rolls.backtest(series)?.evaluation;
    let calibration = Calibration::of(&rolls.now);
    let values = &rolls.now.values;
    let fitted = Fitted::to(values, &settings, &mut |done| progress(0.97 + done * 0.03))?;
    Ok(Forecaster {
        method,
        params: params.to_string(),
        settings,
        space,
        history: tail(series).to_vec(),
        fitted,
        calibration,
        evaluation,
    })
}

/// The backtest alone, with each forecast that it made.
pub fn backtest(
    series: &[f64],
    method: Method,
    params: &Value,
    progress: Progress<'_>,
) -> Result<Backtest, Error> {
    let (settings, _) = Settings::read(method, params)?;
    let space = checked(series, &settings)?;
    Rolls::over(series, space, &settings, progress)?.backtest(series)
}

/// How many rows a method needs with these parameters.
pub fn rows_needed(method: Method, params: &Value) -> Result<usize, Error> {
    Ok(Settings::read(method, params)?.0.rows_needed())
}

/// The space to work in, if the series can be worked with.
fn checked(series: &[f64], settings: &Settings) -> Result<Space, Error> {
    if series.len() > MOST_ROWS {
        return Err(Error::TooMuchData {
            what: "rows",
            most: MOST_ROWS,
            got: series.len(),
        });
    }
    if series.len() < settings.rows_needed() {
        return Err(Error::NotEnoughData {
            needed: settings.rows_needed(),
            got: series.len(),
            why: settings.why_rows(),
        });
    }
    Space::of(series, settings.transform)
}

fn tail(series: &[f64]) -> &[f64] {
    &series[series.len().saturating_sub(KEPT)..]
}

impl Forecaster {
    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The parameters, with their defaults.
    pub fn params(&self) -> Value {
        serde_json::from_str(&self.params).unwrap_or_default()
    }

    /// The backtest's result.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }

    /// The `days` (1 to [`MOST_DAYS`]) after the series that it was trained with.
    pub fn forecast(&self, days: usize) -> Result<Vec<Point>, Error> {
        self.forecast_after(&self.history, days)
    }

    /// The `days` after another (usually longer) history, without training again.
    pub fn forecast_after(&self, history: &[f64], days: usize) -> Result<Vec<Point>, Error> {
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::BadParameter {
                name: "days".to_owned(),
                message: format!("must be a whole number from 1 to {MOST_DAYS}, and is {days}"),
            });
        }
        let needed = self.settings.window_needed();
        if history.len() < needed {
            return Err(Error::NotEnoughData {
                needed,
                got: history.len(),
                why: "that is how far the model looks back".to_owned(),
            });
        }
        let history = tail(history);
        self.space.accepts(history)?;
        let values: Vec<f64> = history.iter().map(|v| self.space.forward(*v)).collect();
        let last = values.len() - 1;
        let paths = self.fitted.paths(&values, &[last], days)?;
        let path = paths
            .first()
            .ok_or_else(|| Error::Failed("no forecast".to_owned()))?;
        let scale = intervals::volatility(&values)[last];
        Ok(path
            .iter()
            .enumerate()
            .map(|(step, value)| {
                let (low, high) = self.calibration.offsets(step + 1);
                Point {
                    value: self.space.back(*value),
                    lower: self.space.back(value + low * scale),
                    upper: self.space.back(value + high * scale),
                }
            })
            .collect())
    }
}
