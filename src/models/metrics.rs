//! How good a version is, as it is kept and shown.

use serde::{Deserialize, Serialize};

use crate::learning::metrics::Scores;
use crate::learning::{classes, forecasts};

/// Measured on data that the training did not see; what does not apply is missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metrics {
    /// Forecasts: the mean absolute error.
    pub mae: Option<f64>,
    /// Forecasts: the root of the mean squared error.
    pub rmse: Option<f64>,
    /// Forecasts: the symmetric mean absolute percentage error.
    pub smape: Option<f64>,
    /// Forecasts: the mean absolute scaled error.
    pub mase: Option<f64>,
    /// Forecasts: the share of values within the interval.
    pub coverage: Option<f64>,
    /// Forecasts: the naive forecast's on the same splits.
    pub naive: Option<Box<Metrics>>,
    /// Classifiers: the share of rows that are right.
    pub accuracy: Option<f64>,
    /// Classifiers: the mean F1 of the classes.
    pub f1_macro: Option<f64>,
    /// Classifiers: the mean negative logarithm of the right class's probability.
    pub log_loss: Option<f64>,
    /// Classifiers: how many of each class were taken for each.
    pub confusion: Option<Vec<Vec<usize>>>,
}

impl From<&Scores> for Metrics {
    fn from(scores: &Scores) -> Self {
        // JSON has no NaN, and neither has a reader a use for one.
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            mae: finite(scores.mae),
            rmse: finite(scores.rmse),
            smape: finite(scores.smape),
            mase: finite(scores.mase),
            coverage: finite(scores.coverage),
            ..Self::default()
        }
    }
}

impl From<&forecasts::Evaluation> for Metrics {
    fn from(evaluation: &forecasts::Evaluation) -> Self {
        Self {
            naive: Some(Box::new(Self::from(&evaluation.naive))),
            ..Self::from(&evaluation.overall)
        }
    }
}

impl From<&classes::Evaluation> for Metrics {
    fn from(evaluation: &classes::Evaluation) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            accuracy: finite(evaluation.accuracy),
            f1_macro: finite(evaluation.f1_macro),
            log_loss: finite(evaluation.log_loss),
            confusion: Some(evaluation.confusion.clone()),
            ..Self::default()
        }
    }
}
