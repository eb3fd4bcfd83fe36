//! What the comparison with other libraries needs of the inside.

use super::{
    regressor::Regressor,
    settings::{Learner, Trend},
    smoothing::{Smoothing, model},
};
use crate::learning::unobserved;
use std::f64::consts::TAU;

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
    Smoothing::new(named(trend), series.len())
        .path(series, steps)
        .unwrap()
}

/// The logarithm of the likelihood, with the constants that augurs leaves out.
pub(in crate::learning) fn likelihood(trend: &str, series: &[f64]) -> f64 {
    let count = series.len() as f64;
    let fitted = model(named(trend)).unwrap().fit(series).unwrap();
    fitted.log_likelihood() - count / 2.0 * ((TAU / count).ln() + 1.0)
}

fn named(trend: &str) -> Trend {
    match trend {
        "none" => Trend::None,
        "additive" => Trend::Additive,
        _ => Trend::Damped,
    }
}
