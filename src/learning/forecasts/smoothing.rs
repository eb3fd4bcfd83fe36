//! Exponential smoothing by augurs: its state space models with additive errors, of which Akaike's corrected criterion chooses.
//!
//! Source: Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential Smoothing" (2008). A fit takes milliseconds,
//! so it is made anew for each forecast, to the last `window` values.

use super::settings::Trend;
use crate::learning::{Error, guard::guarded};
use augurs::{
    Fit, Predict,
    ets::{AutoETS, Error as EtsError},
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Smoothing {
    trend: Trend,
    window: usize,
}

impl Smoothing {
    pub(super) fn new(trend: Trend, window: usize) -> Self {
        Self { trend, window }
    }

    pub(super) fn path(&self, past: &[f64], steps: usize) -> Result<Vec<f64>, Error> {
        let recent = &past[past.len().saturating_sub(self.window)..];
        let last = recent.last().copied().unwrap_or_default();
        if recent.iter().all(|value| *value == last) {
            return Ok(vec![last; steps]);
        }
        guarded(|| {
            let model = self.model()?.fit(recent)?;
            Ok::<_, EtsError>(model.predict(steps, None)?.point)
        })
    }

    fn model(&self) -> Result<AutoETS, EtsError> {
        match self.trend {
            Trend::Auto => AutoETS::new(1, "AZN"),
            Trend::None => AutoETS::new(1, "ANN"),
            Trend::Additive => AutoETS::new(1, "AAN")?.damped(false),
            Trend::Damped => AutoETS::new(1, "AAN")?.damped(true),
        }
    }
}
