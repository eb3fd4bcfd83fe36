//! 80 % intervals from the backtest's errors.
//!
//! The error of each step is divided by how much the series was moving on the day the forecast was made, so that errors of
//! calm and of wild years can be compared; the 10 % and 90 % quantiles of the last [`WINDOW`] such errors, times how
//! much it is moving now, bound the interval. This is split conformal prediction with a score that is scaled by a
//! difficulty, over a moving window (Vovk, Gammerman and Shafer, 2005; Papadopoulos et al., 2008). Steps between those measured are
//! interpolated over the root of the step, further ones grow with it, as a random walk's do.

use super::{rolling::Rolled, settings::LEAST_RESIDUALS};
use serde::{Deserialize, Serialize};

/// The steps whose errors are measured.
pub(super) const STEPS: [usize; 9] = [1, 2, 3, 5, 7, 10, 14, 21, 30];
/// Errors that a quantile is taken of, at most: two years.
pub(super) const WINDOW: usize = 730;
/// Days after which a change counts half.
const HALF_LIFE: f64 = 30.0;

/// The exponentially weighted deviation of the changes up to each day.
pub(super) fn volatility(values: &[f64]) -> Vec<f64> {
    let squares: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).powi(2))
        .collect();
    let first = squares.iter().take(30);
    let mut variance = first.clone().sum::<f64>() / (first.len().max(1)) as f64;
    let mut long_run = variance;
    let weight = 1.0 - 0.5_f64.powf(1.0 / HALF_LIFE);
    let mut deviations = Vec::with_capacity(values.len());
    deviations.push(variance.sqrt());
    for (day, square) in squares.iter().enumerate() {
        variance += weight * (square - variance);
        long_run += (square - long_run) / (day + 30) as f64;
        // A series that stands still for a while has not become certain.
        deviations.push(variance.max(long_run / 100.0).sqrt().max(1e-12));
    }
    deviations
}

/// The quantiles of the errors of one step that bound 80 % of the next; wider where there are few (split conformal).
pub(super) fn bounds(errors: &mut [f64]) -> Option<(f64, f64)> {
    if errors.len() < LEAST_RESIDUALS {
        return None;
    }
    errors.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * (errors.len() + 1) as f64 - 1.0).clamp(0.0, (errors.len() - 1) as f64);
        let below = place.floor() as usize;
        let above = (below + 1).min(errors.len() - 1);
        errors[below] + (errors[above] - errors[below]) * place.fract()
    };
    // The forecast itself is never outside its interval.
    Some((at(0.1).min(0.0), at(0.9).max(0.0)))
}

/// The bounds of each step measured, in units of the volatility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration(Vec<Bound>);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bound {
    step: usize,
    low: f64,
    high: f64,
}

impl Calibration {
    /// From the last errors of a backtest.
    pub(super) fn of(rolled: &Rolled) -> Self {
        let mut measured = Vec::with_capacity(STEPS.len());
        for (place, step) in STEPS.into_iter().enumerate() {
            let end = rolled.values.len().saturating_sub(step);
            if let Some((low, high)) = bounds(&mut rolled.errors(place, end)) {
                measured.push(Bound { step, low, high });
            }
        }
        Self(measured)
    }

    /// How far below and above the forecast the interval of a step reaches.
    pub(super) fn offsets(&self, step: usize) -> (f64, f64) {
        let root = |step: usize| (step as f64).sqrt();
        let after = self.0.iter().find(|bound| bound.step >= step);
        let before = self.0.iter().rev().find(|bound| bound.step <= step);
        match (before, after) {
            (Some(before), Some(after)) if before.step < after.step => {
                let part =
                    (root(step) - root(before.step)) / (root(after.step) - root(before.step));
                (
                    before.low + (after.low - before.low) * part,
                    before.high + (after.high - before.high) * part,
                )
            }
            (_, Some(bound)) => (bound.low, bound.high),
            (Some(last), None) => {
                let growth = root(step) / root(last.step);
                (last.low * growth, last.high * growth)
            }
            (None, None) => (0.0, 0.0),
        }
    }
}
