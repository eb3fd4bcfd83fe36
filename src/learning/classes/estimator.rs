//! A fitted method, of any kind: rows in, probabilities out.

use super::{linear::Linear, settings::Learner, svm::Machines, trees::Forest};
use crate::learning::{Error, Progress, guard::guarded};
use serde::{Deserialize, Serialize};
use smartcore::{
    algorithm::neighbour::KNNAlgorithmName,
    linalg::basic::matrix::DenseMatrix,
    metrics::distance::euclidian::Euclidian,
    naive_bayes::gaussian::{GaussianNB, GaussianNBParameters},
    neighbors::{
        KNNWeightFunction,
        knn_classifier::{KNNClassifier, KNNClassifierParameters},
    },
};

pub(super) type Matrix = DenseMatrix<f64>;

type Neighbours = KNNClassifier<f64, u32, Matrix, Vec<u32>, Euclidian<f64>>;

/// Rows with their class, a number below `count`.
pub(super) struct Examples {
    pub rows: Vec<Vec<f64>>,
    pub classes: Vec<u32>,
    pub count: usize,
}

impl Examples {
    /// Everything outside one part, and the places of the rows in it.
    pub(super) fn split(&self, parts: &[usize], part: usize) -> (Self, Vec<usize>) {
        let (held_out, kept): (Vec<usize>, Vec<usize>) =
            (0..self.rows.len()).partition(|row| parts[*row] == part);
        let training = Self {
            rows: kept.iter().map(|row| self.rows[*row].clone()).collect(),
            classes: kept.iter().map(|row| self.classes[*row]).collect(),
            count: self.count,
        };
        (training, held_out)
    }

    pub(super) fn matrix(&self) -> Result<Matrix, Error> {
        guarded(|| Matrix::from_2d_vec(&self.rows))
    }

    fn standardised(&self) -> (Self, Scaler) {
        let scaler = Scaler::of(&self.rows);
        let scaled = Self {
            rows: self.rows.iter().map(|row| scaler.scale(row)).collect(),
            classes: self.classes.clone(),
            count: self.count,
        };
        (scaled, scaler)
    }
}

/// Mean and population deviation of each feature, of the training part alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaler {
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl Scaler {
    fn of(rows: &[Vec<f64>]) -> Self {
        let (count, width) = (rows.len().max(1) as f64, rows.first().map_or(0, Vec::len));
        let mut means = vec![0.0; width];
        for row in rows {
            means.iter_mut().zip(row).for_each(|(m, v)| *m += v / count);
        }
        let mut deviations = vec![0.0; width];
        for row in rows {
            for ((deviation, value), mean) in deviations.iter_mut().zip(row).zip(&means) {
                *deviation += (value - mean).powi(2) / count;
            }
        }
        for (deviation, mean) in deviations.iter_mut().zip(&means) {
            *deviation = deviation.sqrt();
            // A feature that is always the same has nothing to scale, but for what rounding leaves.
            if *deviation <= 1e-12 * mean.abs().max(1e-300) {
                *deviation = 1.0;
            }
        }
        Self { means, deviations }
    }

    fn scale(&self, row: &[f64]) -> Vec<f64> {
        row.iter()
            .zip(&self.means)
            .zip(&self.deviations)
            .map(|((value, mean), deviation)| (value - mean) / deviation)
            .collect()
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Estimator {
    Logistic(Scaler, Linear),
    Forest(Forest),
    Knn(Scaler, Box<Neighbours>),
    Bayes {
        priors: Vec<f64>,
        means: Vec<Vec<f64>>,
        variances: Vec<Vec<f64>>,
    },
    Svm(Scaler, Machines),
}

impl Estimator {
    pub(super) fn fit(
        examples: &Examples,
        learner: &Learner,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        if progress(0.0).is_break() {
            return Err(Error::Cancelled);
        }
        Ok(match learner {
            Learner::Logistic { alpha } => {
                let (scaled, scaler) = examples.standardised();
                Self::Logistic(scaler, Linear::fit(&scaled, *alpha)?)
            }
            Learner::Tree { depth, leaf, seed } => {
                Self::Forest(Forest::tree(examples, *depth, *leaf, *seed)?)
            }
            Learner::Forest {
                trees,
                depth,
                leaf,
                seed,
            } => Self::Forest(Forest::grow(
                examples, *trees, *depth, *leaf, *seed, progress,
            )?),
            Learner::Knn { k, by_distance } => {
                let (scaled, scaler) = examples.standardised();
                let weight = if *by_distance {
                    KNNWeightFunction::Distance
                } else {
                    KNNWeightFunction::Uniform
                };
                let parameters = KNNClassifierParameters::default()
                    .with_k(*k)
                    .with_weight(weight)
                    .with_algorithm(KNNAlgorithmName::LinearSearch);
                let matrix = scaled.matrix()?;
                let model = guarded(|| KNNClassifier::fit(&matrix, &scaled.classes, parameters))?;
                Self::Knn(scaler, Box::new(model))
            }
            Learner::Bayes { smoothing } => bayes(examples, *smoothing)?,
            Learner::Svm { c, gamma, seed } => {
                let (scaled, scaler) = examples.standardised();
                let machines = Machines::fit(&scaled, *c, *gamma, *seed, progress)?;
                Self::Svm(scaler, machines)
            }
        })
    }

    pub(super) fn probabilities(&self, row: &[f64]) -> Result<Vec<f64>, Error> {
        let probabilities = match self {
            Self::Logistic(scaler, model) => model.probabilities(&scaler.scale(row)),
            Self::Forest(forest) => guarded(|| {
                forest
                    .probabilities(row)
                    .ok_or("the trees lead nowhere".to_owned())
            })?,
            Self::Knn(scaler, model) => guarded(|| {
                let matrix = Matrix::from_2d_vec(&vec![scaler.scale(row)])?;
                model.predict_proba(&matrix)
            })?
            .pop()
            .unwrap_or_default(),
            Self::Bayes {
                priors,
                means,
                variances,
            } => softmax(
                priors
                    .iter()
                    .zip(means.iter().zip(variances))
                    .map(|(prior, (means, variances))| {
                        prior.ln() + log_density(row, means, variances)
                    })
                    .collect(),
            ),
            Self::Svm(scaler, machines) => machines.probabilities(&scaler.scale(row)),
        };
        if probabilities.is_empty() || probabilities.iter().any(|p| !p.is_finite()) {
            return Err(Error::Failed(
                "a probability is no finite number".to_owned(),
            ));
        }
        Ok(probabilities)
    }
}

/// smartcore's means and variances; the variance's smoothing is scikit-learn's, a share of the largest variance
/// that any feature has, without which a feature that is constant within a class divides by zero.
fn bayes(examples: &Examples, smoothing: f64) -> Result<Estimator, Error> {
    let matrix = examples.matrix()?;
    let model = guarded(|| {
        GaussianNB::fit(
            &matrix,
            &examples.classes,
            GaussianNBParameters { priors: None },
        )
    })?;
    let largest = Scaler::of(&examples.rows)
        .deviations
        .into_iter()
        .fold(0.0, f64::max)
        .powi(2);
    let added = (smoothing * largest).max(1e-300);
    let variances = model.var().iter();
    Ok(Estimator::Bayes {
        priors: model.class_priors().clone(),
        means: model.theta().clone(),
        variances: variances
            .map(|row| row.iter().map(|variance| variance + added).collect())
            .collect(),
    })
}

/// Σ ln N(x; mean, variance) over the features.
fn log_density(row: &[f64], means: &[f64], variances: &[f64]) -> f64 {
    row.iter()
        .zip(means)
        .zip(variances)
        .map(|((value, mean), variance)| {
            -0.5 * ((std::f64::consts::TAU * variance).ln() + (value - mean).powi(2) / variance)
        })
        .sum()
}

/// eᵃ / Σ eᵇ, from the largest down, so that nothing overflows.
pub(in crate::learning) fn softmax(mut scores: Vec<f64>) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for score in &mut scores {
        *score = (*score - most).exp();
    }
    let sum: f64 = scores.iter().sum();
    scores.iter().map(|score| score / sum).collect()
}
