//! The methods, by name.

use crate::learning::{Error, LIBRARY};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How a series is continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// The last value stays.
    Naive,
    /// The value of one season ago comes again.
    SeasonalNaive,
    /// Exponential smoothing: a level, and a trend where it helps, that follow the errors.
    ExponentialSmoothing,
    /// Least squares over the last changes.
    Linear,
    /// The same with shrunken coefficients.
    Ridge,
    /// The mean of what followed the most similar windows.
    Knn,
    /// A random forest over the last changes.
    RandomForest,
    /// A recurrent network (long short-term memory) over the last changes.
    Lstm,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Naive,
        Self::SeasonalNaive,
        Self::ExponentialSmoothing,
        Self::Linear,
        Self::Ridge,
        Self::Knn,
        Self::RandomForest,
        Self::Lstm,
    ];

    /// The name that people ask for it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::SeasonalNaive => "seasonal_naive",
            Self::ExponentialSmoothing => "ets",
            Self::Linear => "linear",
            Self::Ridge => "ridge",
            Self::Knn => "knn",
            Self::RandomForest => "random_forest",
            Self::Lstm => "lstm",
        }
    }

    /// Name and version of the library that does the work.
    pub fn library(self) -> &'static str {
        match self {
            Self::Naive | Self::SeasonalNaive => LIBRARY,
            Self::ExponentialSmoothing => "augurs 0.10.3",
            Self::Linear | Self::Ridge | Self::Knn | Self::RandomForest => "smartcore 0.7.0",
            Self::Lstm => "candle 0.11.1",
        }
    }

    /// Whether training on `rows` takes seconds rather than a fraction of one, so that nobody should wait for it.
    pub fn is_slow(self, rows: usize) -> bool {
        match self {
            Self::Naive | Self::SeasonalNaive | Self::Linear | Self::Ridge => false,
            Self::ExponentialSmoothing | Self::Knn | Self::RandomForest => rows > 500,
            Self::Lstm => true,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| Error::BadData(format!("there is no method of forecasting `{name}`")))
    }
}
