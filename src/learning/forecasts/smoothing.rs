//! Exponential smoothing by augurs: its state space models with additive errors, of which Akaike's corrected criterion chooses.
//!
//! Source: Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential Smoothing" (2008). A fit takes milliseconds,
//! so it is made anew for each forecast, to the last `window` values.

use super::settings::Trend;
use crate::learning::{Error, guard::guarded};
use augurs::{
    Fit, Predict,
    ets::{
        AutoETS, Error as EtsError,
        model::{ErrorComponent, ModelType, SeasonalComponent, TrendComponent, Unfit},
    },
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
            let forecast = match model(self.trend) {
                Some(model) => model.fit(recent)?.predict(steps, None)?,
                None => AutoETS::new(1, "AZN")?.fit(recent)?.predict(steps, None)?,
            };
            Ok::<_, EtsError>(forecast.point)
        })
    }
}

/// The model with that trend, by name: the search finds none where no trend is asked for. None where it is to choose.
pub(super) fn model(trend: Trend) -> Option<Unfit> {
    let (trend, damped) = match trend {
        Trend::Auto => return None,
        Trend::None => (TrendComponent::None, false),
        Trend::Additive => (TrendComponent::Additive, false),
        Trend::Damped => (TrendComponent::Additive, true),
    };
    let model = Unfit::new(ModelType {
        error: ErrorComponent::Additive,
        trend,
        season: SeasonalComponent::None,
    });
    Some(model.damped(damped))
}
