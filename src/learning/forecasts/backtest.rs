//! The rolling-origin backtest: forecasts as they would have been made on each of many days, with what was known then.
//!
//! Source: Tashman, "Out-of-sample tests of forecasting accuracy" (2000). The method is fitted again every `refit` days to
//! everything up to that day; the days until the next fit forecast with it, from their own past.

use super::{
    Evaluation, HorizonScores, Point,
    fitted::Fitted,
    intervals::{STEPS, WINDOW, bounds, volatility},
    settings::Settings,
    space::Space,
};
use crate::learning::{
    Error, Progress,
    metrics::{Pair, Scores},
};

/// The horizons that are measured, as far as the series is long enough.
pub const HORIZONS: [usize; 3] = [1, 7, 30];

/// A backtest with each of its forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Backtest {
    /// The measures.
    pub evaluation: Evaluation,
    /// Every forecast that was measured, by horizon and then by origin.
    pub points: Vec<BacktestPoint>,
}

/// One forecast of a backtest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BacktestPoint {
    /// Place in the series of the last value that was known.
    pub origin: usize,
    /// Days ahead.
    pub horizon: usize,
    /// What was forecast.
    pub forecast: Point,
    /// What came.
    pub actual: f64,
}

/// The forecasts of every origin for each of [`STEPS`], in the space that the series is worked in.
pub(super) struct Rolled {
    first: usize,
    forecasts: Vec<[f64; STEPS.len()]>,
    fits: usize,
}

impl Rolled {
    /// Origins go back far enough for the measured ones to have errors to make their intervals from.
    pub(super) fn over(
        values: &[f64],
        settings: &Settings,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let first = (values.len() - 1)
            .saturating_sub(settings.backtest + WINDOW)
            .max(settings.least_training() - 1);
        let origins: Vec<usize> = (first..values.len() - 1).collect();
        let blocks = origins.chunks(settings.refit);
        let (count, furthest) = (blocks.len(), STEPS[STEPS.len() - 1]);
        let mut forecasts = Vec::with_capacity(origins.len());
        for (number, block) in blocks.enumerate() {
            let done = number as f64 / count as f64;
            if progress(done).is_break() {
                return Err(Error::Cancelled);
            }
            let fitted = Fitted::to(&values[..=block[0]], settings, &mut |part| {
                progress(done + part / count as f64)
            })?;
            for path in fitted.paths(values, block, furthest)? {
                forecasts.push(STEPS.map(|step| path[step - 1]));
            }
        }
        Ok(Self {
            first,
            forecasts,
            fits: count,
        })
    }

    /// The last errors of a step from origins before `end`, each divided by the volatility at its origin.
    pub(super) fn errors(
        &self,
        values: &[f64],
        scales: &[f64],
        place: usize,
        end: usize,
    ) -> Vec<f64> {
        let step = STEPS[place];
        (end.saturating_sub(WINDOW).max(self.first)..end)
            .map(|origin| {
                let forecast = self.forecasts[origin - self.first][place];
                (values[origin + step] - forecast) / scales[origin]
            })
            .collect()
    }

    /// Gives each measured forecast the interval that was known on its day, and scores them.
    pub(super) fn backtest(
        &self,
        values: &[f64],
        space: Space,
        settings: &Settings,
    ) -> Result<Backtest, Error> {
        let scales = volatility(values);
        let (mut points, mut horizons) = (Vec::new(), Vec::new());
        let (mut all, mut all_naive) = (Vec::new(), Vec::new());
        for horizon in HORIZONS {
            let Some(place) = STEPS.iter().position(|step| *step == horizon) else {
                continue;
            };
            let (mut pairs, mut naive) = (Vec::new(), Vec::new());
            let naive_errors = naive_errors(values, &scales, horizon);
            let start = (values.len() - 1)
                .saturating_sub(settings.backtest)
                .max(self.first);
            for origin in start..values.len().saturating_sub(horizon) {
                // On the origin's day the last error known is that of the forecast made `horizon` days before.
                let end = (origin + 1).saturating_sub(horizon);
                let mut errors = self.errors(values, &scales, place, end);
                let Some((low, high)) = bounds(&mut errors) else {
                    continue;
                };
                let forecast = self.forecasts[origin - self.first][place];
                let scale = scales[origin];
                let point = Point {
                    value: space.back(forecast),
                    lower: space.back(forecast + low * scale),
                    upper: space.back(forecast + high * scale),
                };
                let actual = space.back(values[origin + horizon]);
                points.push(BacktestPoint {
                    origin,
                    horizon,
                    forecast: point,
                    actual,
                });
                pairs.push(Pair::new(actual, point.value, point.lower, point.upper));
                let window = end.saturating_sub(WINDOW).max(self.first)..end;
                let (low, high) = bounds(&mut naive_errors[window].to_vec()).unwrap_or_default();
                let last = values[origin];
                naive.push(Pair::new(
                    actual,
                    space.back(last),
                    space.back(last + low * scale),
                    space.back(last + high * scale),
                ));
            }
            if !pairs.is_empty() {
                horizons.push(HorizonScores {
                    horizon,
                    method: Scores::of(&pairs, &naive),
                    naive: Scores::of(&naive, &naive),
                });
            }
            all.append(&mut pairs);
            all_naive.append(&mut naive);
        }
        let origins = points.iter().filter(|point| point.horizon == 1).count();
        if origins == 0 {
            return Err(Error::Failed("nothing could be measured".to_owned()));
        }
        Ok(Backtest {
            evaluation: Evaluation {
                overall: Scores::of(&all, &all_naive),
                naive: Scores::of(&all_naive, &all_naive),
                horizons,
                origins,
                fits: self.fits,
            },
            points,
        })
    }
}

fn naive_errors(values: &[f64], scales: &[f64], horizon: usize) -> Vec<f64> {
    (0..values.len().saturating_sub(horizon))
        .map(|origin| (values[origin + horizon] - values[origin]) / scales[origin])
        .collect()
}
