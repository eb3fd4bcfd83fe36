//! What learns the next change from a window of changes: smartcore's regressors, and candle's network.

use super::{lstm::Lstm, settings::Learner};
use crate::learning::{Error, Progress, guard::guarded};
use serde::{Deserialize, Serialize};
use smartcore::{
    algorithm::neighbour::KNNAlgorithmName,
    ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters},
    linalg::basic::matrix::DenseMatrix,
    linear::{
        linear_regression::{LinearRegression, LinearRegressionParameters},
        ridge_regression::{RidgeRegression, RidgeRegressionParameters},
    },
    metrics::distance::euclidian::Euclidian,
    neighbors::knn_regressor::{KNNRegressor, KNNRegressorParameters},
};

type Matrix = DenseMatrix<f64>;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Regressor {
    Linear(LinearRegression<f64, f64, Matrix, Vec<f64>>),
    Ridge(RidgeRegression<f64, f64, Matrix, Vec<f64>>),
    Knn(KNNRegressor<f64, f64, Matrix, Vec<f64>, Euclidian<f64>>),
    /// Several small forests of the same size, so that training can be cancelled between them; the mean counts.
    Forest(Vec<RandomForestRegressor<f64, f64, Matrix, Vec<f64>>>),
    Lstm(Lstm),
    /// All examples were the same.
    Constant(f64),
}

/// Trees that are grown without asking whether to go on.
const GROVE: usize = 10;

impl Regressor {
    pub(super) fn fit(
        rows: Vec<Vec<f64>>,
        targets: Vec<f64>,
        learner: &Learner,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let first = targets.first().copied().unwrap_or_default();
        if targets.iter().all(|target| *target == first) {
            return Ok(Self::Constant(first));
        }
        if let Learner::Lstm {
            hidden,
            epochs,
            rate,
            seed,
        } = learner
        {
            return Lstm::fit(&rows, &targets, *hidden, *epochs, *rate, *seed, progress)
                .map(Self::Lstm);
        }
        let matrix = matrix(&rows)?;
        Ok(match learner {
            Learner::Linear => Self::Linear(guarded(|| {
                LinearRegression::fit(&matrix, &targets, LinearRegressionParameters::default())
            })?),
            Learner::Ridge { alpha } => {
                let parameters = RidgeRegressionParameters::default()
                    .with_alpha(*alpha)
                    .with_normalize(false);
                Self::Ridge(guarded(|| {
                    RidgeRegression::fit(&matrix, &targets, parameters)
                })?)
            }
            Learner::Knn { k } => {
                let parameters = KNNRegressorParameters::default()
                    .with_k(*k)
                    .with_algorithm(KNNAlgorithmName::LinearSearch);
                Self::Knn(guarded(|| {
                    KNNRegressor::fit(&matrix, &targets, parameters)
                })?)
            }
            Learner::Forest {
                trees,
                depth,
                leaf,
                seed,
            } => {
                let groves = trees.div_ceil(GROVE);
                let mut forest = Vec::with_capacity(groves);
                for grove in 0..groves {
                    if progress(grove as f64 / groves as f64).is_break() {
                        return Err(Error::Cancelled);
                    }
                    let parameters = RandomForestRegressorParameters::default()
                        .with_n_trees(GROVE.min(trees - grove * GROVE))
                        .with_max_depth(*depth)
                        .with_min_samples_leaf(*leaf)
                        .with_seed(seed.wrapping_mul(1_000).wrapping_add(grove as u64));
                    forest.push(guarded(|| {
                        RandomForestRegressor::fit(&matrix, &targets, parameters)
                    })?);
                }
                Self::Forest(forest)
            }
            Learner::Lstm { .. } => return Err(Error::Failed("unreachable".to_owned())),
        })
    }

    pub(super) fn predict(&self, rows: &[Vec<f64>]) -> Result<Vec<f64>, Error> {
        if let Self::Lstm(network) = self {
            return network.predict(rows);
        }
        let matrix = matrix(rows)?;
        let answers = match self {
            Self::Linear(model) => guarded(|| model.predict(&matrix))?,
            Self::Ridge(model) => guarded(|| model.predict(&matrix))?,
            Self::Knn(model) => guarded(|| model.predict(&matrix))?,
            Self::Forest(groves) => {
                let mut sums = vec![0.0; rows.len()];
                for grove in groves {
                    let answers = guarded(|| grove.predict(&matrix))?;
                    sums.iter_mut().zip(answers).for_each(|(s, a)| *s += a);
                }
                sums.iter().map(|sum| sum / groves.len() as f64).collect()
            }
            Self::Constant(value) => vec![*value; rows.len()],
            Self::Lstm(network) => network.predict(rows)?,
        };
        if answers.len() != rows.len() {
            return Err(Error::Failed("a row has no answer".to_owned()));
        }
        Ok(answers)
    }
}

fn matrix(rows: &[Vec<f64>]) -> Result<Matrix, Error> {
    guarded(|| Matrix::from_2d_vec(&rows.to_vec()))
}
