//! The parameters of the methods: names, defaults and ranges. docs/forecasts.md has them as a table.

use super::{Error, Method};
use crate::learning::parameters::Parameters;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether to work on logarithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Transform {
    Auto,
    Log,
    None,
}

/// Which trends exponential smoothing may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Trend {
    Auto,
    None,
    Additive,
    Damped,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub transform: Transform,
    /// How many origins are measured, at most.
    pub backtest: usize,
    /// Days from one fit of the backtest to the next.
    pub refit: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Kind {
    Naive,
    Seasonal { season: usize },
    Smoothing { trend: Trend, window: usize },
    Windows { lags: usize, learner: Learner },
}

/// What learns from windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Learner {
    Linear,
    Ridge {
        alpha: f64,
    },
    Knn {
        k: usize,
    },
    Forest {
        trees: usize,
        depth: u16,
        leaf: usize,
        seed: u64,
    },
    Lstm {
        hidden: usize,
        epochs: usize,
        rate: f64,
        seed: u64,
    },
}

/// Errors that must be known before an interval is made from them.
pub(super) const LEAST_RESIDUALS: usize = 30;

impl Settings {
    /// With the parameters as they are given back.
    pub(super) fn read(method: Method, params: &Value) -> Result<(Self, Value), Error> {
        let mut given = Parameters::new(params)?;
        let transform = match given.word("transform", &["auto", "log", "none"])? {
            "log" => Transform::Log,
            "none" => Transform::None,
            _ => Transform::Auto,
        };
        let slow = method == Method::Lstm;
        let backtest = given.whole("backtest", 365, 20, 1_095)?;
        let refit = given.whole("refit", if slow { 90 } else { 30 }, 1, 365)?;
        let kind = match method {
            Method::Naive => Kind::Naive,
            Method::SeasonalNaive => Kind::Seasonal {
                season: given.whole("season", 7, 2, 366)?,
            },
            Method::ExponentialSmoothing => Kind::Smoothing {
                trend: match given.word("trend", &["auto", "none", "additive", "damped"])? {
                    "none" => Trend::None,
                    "additive" => Trend::Additive,
                    "damped" => Trend::Damped,
                    _ => Trend::Auto,
                },
                window: given.whole("window", 365, 30, 2_000)?,
            },
            _ => Kind::Windows {
                lags: given.whole("lags", usual_lags(method), 1, 60)?,
                learner: Learner::read(method, &mut given)?,
            },
        };
        let settings = Self {
            transform,
            backtest,
            refit,
            kind,
        };
        Ok((settings, given.finish()?))
    }

    /// Values that a forecast looks back at.
    pub(super) fn window_needed(&self) -> usize {
        match &self.kind {
            Kind::Naive => 2,
            Kind::Seasonal { season } => *season,
            Kind::Smoothing { .. } => 15,
            Kind::Windows { lags, .. } => lags + 1,
        }
    }

    /// Values in the smallest training part: what is looked back at, and enough examples.
    pub(super) fn least_training(&self) -> usize {
        let examples = match &self.kind {
            Kind::Naive | Kind::Seasonal { .. } | Kind::Smoothing { .. } => 0,
            Kind::Windows { lags, learner } => match learner {
                Learner::Linear | Learner::Ridge { .. } => 2 * lags + 10,
                Learner::Knn { k } => (k + 10).max(30),
                Learner::Forest { leaf, .. } => (2 * leaf).max(30),
                Learner::Lstm { .. } => 30,
            },
        };
        (self.window_needed() + examples).max(15)
    }

    /// Values without which there is no backtest with intervals.
    pub(super) fn rows_needed(&self) -> usize {
        self.least_training() + LEAST_RESIDUALS + 20
    }

    pub(super) fn why_rows(&self) -> String {
        format!(
            "{} to fit, {LEAST_RESIDUALS} for the intervals and 20 to measure",
            self.least_training()
        )
    }
}

/// Where all of a window counts at once, a shorter one is more like others.
fn usual_lags(method: Method) -> usize {
    match method {
        Method::Knn => 5,
        Method::Lstm => 10,
        _ => 14,
    }
}

impl Learner {
    fn read(method: Method, given: &mut Parameters) -> Result<Self, Error> {
        Ok(match method {
            Method::Ridge => Self::Ridge {
                alpha: given.number("alpha", 100.0, 1e-6, 1e6)?,
            },
            Method::Knn => Self::Knn {
                k: given.whole("k", 100, 1, 500)?,
            },
            Method::RandomForest => Self::Forest {
                trees: given.whole("trees", 100, 1, 300)?,
                depth: given.whole("depth", 4, 1, 12)? as u16,
                leaf: given.whole("leaf", 30, 1, 500)?,
                seed: given.whole("seed", 42, 0, u32::MAX as usize)? as u64,
            },
            Method::Lstm => Self::Lstm {
                hidden: given.whole("hidden", 8, 1, 64)?,
                epochs: given.whole("epochs", 20, 1, 300)?,
                rate: given.number("learning_rate", 0.01, 1e-5, 1.0)?,
                seed: given.whole("seed", 42, 0, u32::MAX as usize)? as u64,
            },
            _ => Self::Linear,
        })
    }
}
