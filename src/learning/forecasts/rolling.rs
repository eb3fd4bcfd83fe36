//! Forecasts from each of many days, as they would have been made on those, on one scale.
//!
//! Source: Tashman, "Out-of-sample tests of forecasting accuracy" (2000). The method is fitted again every `refit` days to
//! everything up to that day; the days until the next fit forecast with it, from their own past.

use super::{
    Point,
    fitted::Fitted,
    intervals::{STEPS, WINDOW, bounds, volatility},
    settings::Settings,
    space::Space,
};
use crate::learning::{Error, Progress};
use std::ops::Range;

/// The forecasts of every origin for each of [`STEPS`].
pub(super) struct Rolled {
    /// The series on its scale, from its beginning on.
    pub values: Vec<f64>,
    /// How often the method was fitted.
    pub fits: usize,
    space: Space,
    scales: Vec<f64>,
    first: usize,
    forecasts: Vec<[f64; STEPS.len()]>,
}

impl Rolled {
    /// From each of `origins` in a series that has a place in `space` as a whole.
    pub(super) fn over(
        series: &[f64],
        space: Space,
        origins: Range<usize>,
        settings: &Settings,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let values: Vec<f64> = series.iter().map(|value| space.forward(*value)).collect();
        let first = origins.start;
        let origins: Vec<usize> = origins.collect();
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
            for path in fitted.paths(&values, block, furthest)? {
                forecasts.push(STEPS.map(|step| path[step - 1]));
            }
        }
        Ok(Self {
            scales: volatility(&values),
            values,
            fits: count,
            space,
            first,
            forecasts,
        })
    }

    /// The last errors of a step from origins before `end`, each divided by the volatility at its origin.
    pub(super) fn errors(&self, place: usize, end: usize) -> Vec<f64> {
        self.distances(STEPS[place], end, |origin| self.forecast(origin, place))
    }

    /// What was forecast for one of [`STEPS`] and what the naive forecast was, each with the interval that was known on
    /// the origin's day; none where too few errors were.
    pub(super) fn points(&self, origin: usize, place: usize) -> Option<(Point, Point)> {
        // On the origin's day the last error known is that of the forecast made `step` days before.
        let end = (origin + 1).saturating_sub(STEPS[place]);
        let found = bounds(&mut self.errors(place, end))?;
        let mut naive = self.distances(STEPS[place], end, |origin| self.values[origin]);
        let naive = bounds(&mut naive).unwrap_or_default();
        Some((
            self.point(origin, self.forecast(origin, place), found),
            self.point(origin, self.values[origin], naive),
        ))
    }

    /// What came on a day. It has been on the scale as the forecasts have, so that what is equal there stays equal; a value
    /// that has no place there comes as it is.
    pub(super) fn actual(&self, series: &[f64], day: usize) -> f64 {
        let known = self.values.get(day);
        known.map_or(series[day], |value| self.space.back(*value))
    }

    fn distances(&self, step: usize, end: usize, forecast: impl Fn(usize) -> f64) -> Vec<f64> {
        (end.saturating_sub(WINDOW).max(self.first)..end)
            .map(|origin| (self.values[origin + step] - forecast(origin)) / self.scales[origin])
            .collect()
    }

    fn forecast(&self, origin: usize, place: usize) -> f64 {
        self.forecasts[origin - self.first][place]
    }

    fn point(&self, origin: usize, forecast: f64, (low, high): (f64, f64)) -> Point {
        let scale = self.scales[origin];
        Point {
            value: self.space.back(forecast),
            lower: self.space.back(forecast + low * scale),
            upper: self.space.back(forecast + high * scale),
        }
    }
}
