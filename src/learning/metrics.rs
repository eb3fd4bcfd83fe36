//! The measures of forecasts and classifiers, as formulae.

use serde::{Deserialize, Serialize};

/// Errors of forecasts. Source: Hyndman and Koehler, "Another look at measures of forecast accuracy" (2006).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean absolute error, in the series' unit.
    pub mae: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Symmetric mean absolute percentage error, 0 to 200: mean of 200·|a − f| / (|a| + |f|), 0 where both are 0.
    pub smape: f64,
    /// Mean absolute scaled error. The scale is the naive forecast's mean absolute error for the same days
    /// from the same origins, so that below 1 beats it at every horizon, and the naive forecast's own is 1.
    pub mase: f64,
    /// Share of values inside their 80 % interval.
    pub coverage: f64,
}

/// What was forecast and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    actual: f64,
    forecast: f64,
    lower: f64,
    upper: f64,
}

impl Pair {
    /// One forecast with its interval.
    pub fn new(actual: f64, forecast: f64, lower: f64, upper: f64) -> Self {
        Self {
            actual,
            forecast,
            lower,
            upper,
        }
    }
}

impl Scores {
    /// Of forecasts, beside the naive ones of the same days.
    pub fn of(pairs: &[Pair], naive: &[Pair]) -> Self {
        let mae = mean(pairs, |pair| (pair.actual - pair.forecast).abs());
        let scale = mean(naive, |pair| (pair.actual - pair.forecast).abs());
        Self {
            mae,
            rmse: mean(pairs, |pair| (pair.actual - pair.forecast).powi(2)).sqrt(),
            smape: mean(pairs, |pair| {
                let size = pair.actual.abs() + pair.forecast.abs();
                if size == 0.0 {
                    0.0
                } else {
                    200.0 * (pair.actual - pair.forecast).abs() / size
                }
            }),
            // Where the naive forecast is never wrong, being as good is 1, and worse is as bad as can be told.
            mase: match (mae == 0.0, scale == 0.0) {
                (true, true) => 1.0,
                (false, true) => f64::MAX,
                _ => mae / scale,
            },
            coverage: mean(pairs, |pair| {
                f64::from(u8::from((pair.lower..=pair.upper).contains(&pair.actual)))
            }),
        }
    }
}

fn mean(pairs: &[Pair], of: impl Fn(&Pair) -> f64) -> f64 {
    pairs.iter().map(of).sum::<f64>() / pairs.len().max(1) as f64
}

/// The place of the largest number; the first of equals.
pub fn argmax(numbers: &[f64]) -> usize {
    let mut best = 0;
    for (place, number) in numbers.iter().enumerate() {
        if *number > numbers[best] {
            best = place;
        }
    }
    best
}

/// `confusion[is][was predicted as]` of classes `0..count`.
pub fn confusion(is: &[u32], predicted: &[u32], count: usize) -> Vec<Vec<usize>> {
    let mut matrix = vec![vec![0; count]; count];
    for (is, predicted) in is.iter().zip(predicted) {
        matrix[*is as usize][*predicted as usize] += 1;
    }
    matrix
}

/// The share of the diagonal.
pub fn accuracy(confusion: &[Vec<usize>]) -> f64 {
    let all: usize = confusion.iter().flatten().sum();
    let right: usize = (0..confusion.len())
        .map(|class| confusion[class][class])
        .sum();
    right as f64 / all.max(1) as f64
}

/// Mean over the classes of 2·TP / (2·TP + FP + FN), 0 for a class that neither is nor was predicted.
pub fn f1_macro(confusion: &[Vec<usize>]) -> f64 {
    let classes = confusion.len();
    let sum: f64 = (0..classes)
        .map(|class| {
            let is: usize = confusion[class].iter().sum();
            let predicted: usize = confusion.iter().map(|row| row[class]).sum();
            2.0 * confusion[class][class] as f64 / (is + predicted).max(1) as f64
        })
        .sum();
    sum / classes.max(1) as f64
}

/// Mean of −ln p of the class that is, with p kept at least the machine's epsilon (2⁻⁵²), as scikit-learn does.
pub fn log_loss(is: &[u32], probabilities: &[Vec<f64>]) -> f64 {
    let sum: f64 = is
        .iter()
        .zip(probabilities)
        .map(|(is, row)| {
            -row[*is as usize]
                .clamp(f64::EPSILON, 1.0 - f64::EPSILON)
                .ln()
        })
        .sum();
    sum / is.len().max(1) as f64
}
