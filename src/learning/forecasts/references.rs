//! What the comparison with other libraries needs of the inside.

use super::{
    regressor::Regressor,
    settings::{Learner, Trend},
    smoothing::Smoothing,
};
use crate::learning::unobserved;

pub(in crate::learning) fn regression(
    method: &str,
    rows: Vec<Vec<f64>>,
    targets: Vec<f64>,
    questions: &[Vec<f64>],
) -> Vec<f64> {
    let learner = match method {
        "ridge" => Learner::Ridge { alpha: 10.0 },
        "knn" => Learner::Knn { k: 4 },
        _ => Learner::Linear,
    };
    let regressor = Regressor::fit(rows, targets, &learner, &mut unobserved).unwrap();
    regressor.predict(questions).unwrap()
}

pub(in crate::learning) fn smoothing(trend: &str, series: &[f64], steps: usize) -> Vec<f64> {
    let trend = match trend {
        "none" => Trend::None,
        "additive" => Trend::Additive,
        _ => Trend::Damped,
    };
    Smoothing::new(trend, series.len()).path(series, steps).unwrap()
}
