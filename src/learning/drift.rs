//! Drift: how far recent values of the features are from those that a model was trained with.

use super::Error;
use serde::{Deserialize, Serialize};

/// From this population stability index on, a feature has drifted.
pub const PSI_THRESHOLD: f64 = 0.2;

/// What is kept of the training data to compare later values with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {}

/// One feature's distance from the training data.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDrift {
    /// The feature's name.
    pub feature: String,
    /// Population stability index.
    pub psi: f64,
    /// Two-sample Kolmogorov–Smirnov statistic.
    pub ks: f64,
    /// Whether a threshold is passed.
    pub drifted: bool,
}

impl Reference {
    /// Of the rows that a model is trained with.
    pub fn of(features: &[String], rows: &[Vec<f64>]) -> Result<Self, Error> {
        let _ = (features, rows);
        todo!()
    }

    /// Compares recent rows, whose values stand in the order of the features. No rows: nothing has drifted.
    pub fn compare(&self, rows: &[Vec<f64>]) -> Result<Vec<FeatureDrift>, Error> {
        let _ = rows;
        todo!()
    }
}
