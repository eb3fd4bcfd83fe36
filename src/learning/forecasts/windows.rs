//! Windows of changes: the examples that regressors learn from.

use serde::{Deserialize, Serialize};

/// Mean and deviation of the training part's changes, and how far the largest of them went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaler {
    mean: f64,
    deviation: f64,
    least: f64,
    most: f64,
}

impl Scaler {
    pub(super) fn of(changes: &[f64]) -> Self {
        let count = changes.len().max(1) as f64;
        let mean = changes.iter().sum::<f64>() / count;
        let variance = changes.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / count;
        let deviation = variance.sqrt();
        Self {
            mean,
            // A series that changes evenly has nothing to scale, but for what rounding leaves.
            deviation: if deviation > 1e-12 * mean.abs().max(1e-300) {
                deviation
            } else {
                1.0
            },
            least: changes.iter().copied().fold(f64::INFINITY, f64::min),
            most: changes.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    pub(super) fn scale(&self, change: f64) -> f64 {
        (change - self.mean) / self.deviation
    }

    /// Never further than any change of the training part, so that an answer fed back cannot run away.
    pub(super) fn unscale(&self, scaled: f64) -> f64 {
        (scaled * self.deviation + self.mean).clamp(self.least, self.most)
    }
}

/// The changes from one value to the next.
pub(super) fn changes(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Every run of `lags` numbers with the one that follows it.
pub(super) fn examples(scaled: &[f64], lags: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    scaled
        .windows(lags + 1)
        .map(|window| (window[..lags].to_vec(), window[lags]))
        .unzip()
}
