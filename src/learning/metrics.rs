//! The measures of forecasts and classifiers.

use serde::{Deserialize, Serialize};

/// Errors of forecasts. Sources: Hyndman and Koehler, "Another look at measures of forecast accuracy" (2006).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean absolute error, in the series' unit.
    pub mae: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Symmetric mean absolute percentage error, 0 to 200.
    pub smape: f64,
    /// The absolute error divided by the naive forecast's on the same splits: below 1 beats it.
    pub mase: f64,
    /// Share of values inside their 80 % interval.
    pub coverage: f64,
}
