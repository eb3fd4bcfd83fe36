//! Stratified cross-validation: every class is spread evenly over the parts.

use super::Evaluation;
use crate::learning::{metrics, random::Random};

/// The part of each row. There are at most as many parts as the smallest class has rows.
pub(in crate::learning) fn stratified(classes: &[u32], folds: usize, seed: u64) -> Vec<usize> {
    let count = classes.iter().max().map_or(0, |last| *last as usize + 1);
    let mut members = vec![Vec::new(); count];
    for (row, class) in classes.iter().enumerate() {
        members[*class as usize].push(row);
    }
    let smallest = members.iter().map(Vec::len).min().unwrap_or_default();
    let folds = folds.min(smallest).max(1);
    let mut random = Random::new(seed);
    let mut parts = vec![0; classes.len()];
    // The next class goes on where the last one ended, so that the parts are of about the same size.
    let mut part = 0;
    for rows in &mut members {
        random.shuffle(rows);
        for row in rows {
            parts[*row] = part % folds;
            part += 1;
        }
    }
    parts
}

/// What the probabilities are worth that were given to rows of these classes.
pub(in crate::learning) fn evaluate(
    classes: &[u32],
    probabilities: &[Vec<f64>],
    count: usize,
    folds: usize,
) -> Evaluation {
    let predicted: Vec<u32> = probabilities
        .iter()
        .map(|row| metrics::argmax(row) as u32)
        .collect();
    let confusion = metrics::confusion(classes, &predicted, count);
    Evaluation {
        accuracy: metrics::accuracy(&confusion),
        f1_macro: metrics::f1_macro(&confusion),
        log_loss: metrics::log_loss(classes, probabilities),
        confusion,
        folds,
    }
}
