//! The rolling-origin backtest: forecasts as they would have been made on each of many days, with what was known then.
//!
//! Also the scale is what the day would have chosen. A series that is worked on as itself since a value came that has no
//! logarithm is rolled twice: from all its days as it is, which makes the intervals from then on, and from the days before that value
//! as logarithms, with intervals from these.

use super::{
    Evaluation, HorizonScores, Point,
    intervals::{STEPS, WINDOW},
    rolling::Rolled,
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

/// The forecasts of every origin, on the scale that the series has now and on the one that it had before.
pub(super) struct Rolls {
    /// From all origins, on the scale that the series has now.
    pub now: Rolled,
    /// From those on whose day the scale was another, where any of them is measured.
    before: Option<Rolled>,
    /// The first origin that is measured.
    start: usize,
}

impl Rolls {
    /// Origins go back far enough for the measured ones to have errors to make their intervals from.
    pub(super) fn over(
        series: &[f64],
        space: Space,
        settings: &Settings,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let last = series.len() - 1;
        let first = last
            .saturating_sub(settings.backtest + WINDOW)
            .max(settings.least_training() - 1);
        let start = last.saturating_sub(settings.backtest).max(first);
        let turn = space.turn(series, settings.transform);
        let before = turn.filter(|turn| *turn > start);
        let earlier = before.map_or(0, |turn| turn - first);
        let share = earlier as f64 / (earlier + last - first) as f64;
        let before = before.map(|turn| {
            let past = &series[..turn];
            Rolled::over(
                past,
                Space::Logarithms,
                first..turn,
                settings,
                &mut |done| progress(done * share),
            )
        });
        let before = before.transpose()?;
        let now = Rolled::over(series, space, first..last, settings, &mut |done| {
            progress(share + done * (1.0 - share))
        })?;
        Ok(Self { now, before, start })
    }

    /// The forecasts on the scale of an origin's day.
    fn of(&self, origin: usize) -> &Rolled {
        let before = self.before.as_ref();
        let before = before.filter(|before| origin < before.values.len());
        before.unwrap_or(&self.now)
    }

    /// Gives each measured forecast the interval that was known on its day, and scores them.
    pub(super) fn backtest(&self, series: &[f64]) -> Result<Backtest, Error> {
        let pair = |actual, point: &Point| Pair::new(actual, point.value, point.lower, point.upper);
        let (mut points, mut horizons) = (Vec::new(), Vec::new());
        let (mut all, mut all_naive) = (Vec::new(), Vec::new());
        for horizon in HORIZONS {
            let Some(place) = STEPS.iter().position(|step| *step == horizon) else {
                continue;
            };
            let (mut pairs, mut naive) = (Vec::new(), Vec::new());
            for origin in self.start..series.len().saturating_sub(horizon) {
                let rolled = self.of(origin);
                let Some((forecast, repeated)) = rolled.points(origin, place) else {
                    continue;
                };
                let actual = rolled.actual(series, origin + horizon);
                pairs.push(pair(actual, &forecast));
                naive.push(pair(actual, &repeated));
                points.push(BacktestPoint {
                    origin,
                    horizon,
                    forecast,
                    actual,
                });
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
                fits: self.now.fits + self.before.as_ref().map_or(0, |before| before.fits),
            },
            points,
        })
    }
}
