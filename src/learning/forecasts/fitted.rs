//! A method that was fitted to a part of a series, and the paths that it continues from any of its days.

use super::{
    regressor::Regressor,
    settings::{Kind, Settings},
    smoothing::Smoothing,
    windows::{Scaler, changes, examples},
};
use crate::learning::{Error, Progress};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Fitted {
    Naive,
    Seasonal(usize),
    Smoothing(Smoothing),
    Windows {
        lags: usize,
        scaler: Scaler,
        regressor: Regressor,
    },
}

impl Fitted {
    /// Learns from `values`, all of which count as past.
    pub(super) fn to(
        values: &[f64],
        settings: &Settings,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        Ok(match &settings.kind {
            Kind::Naive => Self::Naive,
            Kind::Seasonal { season } => Self::Seasonal(*season),
            Kind::Smoothing { trend, window } => Self::Smoothing(Smoothing::new(*trend, *window)),
            Kind::Windows { lags, learner } => {
                let changes = changes(values);
                let scaler = Scaler::of(&changes);
                let scaled: Vec<f64> = changes.iter().map(|c| scaler.scale(*c)).collect();
                let (rows, targets) = examples(&scaled, *lags);
                Self::Windows {
                    lags: *lags,
                    regressor: Regressor::fit(rows, targets, learner, progress)?,
                    scaler,
                }
            }
        })
    }

    /// From each origin, the next `steps` values. Nothing after an origin is looked at.
    pub(super) fn paths(
        &self,
        values: &[f64],
        origins: &[usize],
        steps: usize,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let paths: Vec<Vec<f64>> = match self {
            Self::Naive => origins.iter().map(|o| vec![values[*o]; steps]).collect(),
            Self::Seasonal(season) => origins
                .iter()
                .map(|origin| {
                    let first = origin + 1 - season;
                    (0..steps).map(|s| values[first + s % season]).collect()
                })
                .collect(),
            Self::Smoothing(smoothing) => origins
                .iter()
                .map(|origin| smoothing.path(&values[..=*origin], steps))
                .collect::<Result<_, _>>()?,
            Self::Windows {
                lags,
                scaler,
                regressor,
            } => walk(values, origins, steps, *lags, scaler, regressor)?,
        };
        if paths.iter().flatten().any(|value| !value.is_finite()) {
            return Err(Error::Failed("the forecast is no finite number".to_owned()));
        }
        Ok(paths)
    }
}

/// All origins go forward together, a day at a time, as regressors answer many rows faster than one.
fn walk(
    values: &[f64],
    origins: &[usize],
    steps: usize,
    lags: usize,
    scaler: &Scaler,
    regressor: &Regressor,
) -> Result<Vec<Vec<f64>>, Error> {
    let mut windows: Vec<Vec<f64>> = origins
        .iter()
        .map(|origin| {
            changes(&values[origin - lags..=*origin])
                .into_iter()
                .map(|change| scaler.scale(change))
                .collect()
        })
        .collect();
    let mut paths = vec![Vec::with_capacity(steps); origins.len()];
    let mut last: Vec<f64> = origins.iter().map(|origin| values[*origin]).collect();
    for _ in 0..steps {
        for (index, answer) in regressor.predict(&windows)?.into_iter().enumerate() {
            let change = scaler.unscale(answer);
            windows[index].rotate_left(1);
            windows[index][lags - 1] = scaler.scale(change);
            last[index] += change;
            paths[index].push(last[index]);
        }
    }
    Ok(paths)
}
