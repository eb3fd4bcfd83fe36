//! The parameters of the methods: names, defaults and ranges. docs/classification.md has them as a table.

use super::{Method, Table, atmost};
use crate::learning::{Error, parameters::Parameters};
use serde_json::Value;

pub(super) struct Settings {
    pub folds: usize,
    pub seed: u64,
    pub learner: Learner,
}

#[derive(Debug, Clone)]
pub(super) enum Learner {
    Logistic {
        alpha: f64,
    },
    Tree {
        depth: u16,
        leaf: usize,
        seed: u64,
    },
    Forest {
        trees: u16,
        depth: u16,
        leaf: usize,
        seed: u64,
    },
    Knn {
        k: usize,
        by_distance: bool,
    },
    Bayes {
        smoothing: f64,
    },
    Svm {
        c: f64,
        /// None is the linear kernel.
        gamma: Option<f64>,
        seed: u64,
    },
}

impl Settings {
    /// With the parameters as they are given back.
    pub(super) fn read(
        method: Method,
        params: &Value,
        features: usize,
    ) -> Result<(Self, Value), Error> {
        let mut given = Parameters::new(params)?;
        let folds = given.whole("folds", 10, 2, 20)?;
        let seed = given.whole("seed", 42, 0, u32::MAX as usize)? as u64;
        let learner = match method {
            Method::LogisticRegression => Learner::Logistic {
                alpha: given.number("alpha", 1.0, 1e-6, 1e6)?,
            },
            Method::DecisionTree => Learner::Tree {
                depth: given.whole("depth", 10, 1, 30)? as u16,
                leaf: given.whole("leaf", 1, 1, 1_000)?,
                seed,
            },
            Method::RandomForest => Learner::Forest {
                trees: given.whole("trees", 100, 1, 300)? as u16,
                depth: given.whole("depth", 12, 1, 20)? as u16,
                leaf: given.whole("leaf", 1, 1, 1_000)?,
                seed,
            },
            Method::Knn => Learner::Knn {
                k: given.whole("k", 5, 1, 100)?,
                by_distance: given.word("weights", &["uniform", "distance"])? == "distance",
            },
            Method::NaiveBayes => Learner::Bayes {
                smoothing: given.number("smoothing", 1e-9, 1e-12, 1.0)?,
            },
            Method::Svm => {
                let c = given.number("c", 1.0, 1e-3, 1e3)?;
                let linear = given.word("kernel", &["rbf", "linear"])? == "linear";
                let gamma = given.number("gamma", 0.0, 0.0, 1e3)?;
                Learner::Svm {
                    c,
                    gamma: (!linear).then_some(if gamma == 0.0 {
                        1.0 / features.max(1) as f64
                    } else {
                        gamma
                    }),
                    seed,
                }
            }
        };
        let settings = Self {
            folds,
            seed,
            learner,
        };
        Ok((settings, given.finish()?))
    }
}

/// The numbers that support-vector machines may keep.
const MOST_KEPT: usize = 10_000_000;

impl Learner {
    /// Where the work grows faster than the rows, fewer are taken.
    pub(super) fn most_rows(&self) -> usize {
        match self {
            Self::Svm { .. } => 4_000,
            Self::Knn { .. } => 20_000,
            _ => usize::MAX,
        }
    }

    /// Whether every fold leaves enough to learn from.
    pub(super) fn check(
        &self,
        table: &Table,
        folds: usize,
        labels: &[String],
    ) -> Result<(), Error> {
        let (rows, classes) = (table.rows.len(), labels.len());
        let of = |label| table.labels.iter().filter(|other| *other == label).count();
        // There are no more parts than the smallest class has rows.
        let folds = labels.iter().map(of).fold(folds, usize::min).max(2);
        if let Self::Svm { .. } = self {
            // Each class has a machine, which may keep every row.
            let most = rows * table.features.len() * classes;
            atmost("numbers in all machines", most, MOST_KEPT)?;
        }
        let least = match self {
            Self::Knn { k, .. } => k + k.div_ceil(folds - 1) + classes,
            Self::Forest { leaf, .. } | Self::Tree { leaf, .. } => 4 * leaf,
            Self::Svm { .. } => 20,
            Self::Logistic { .. } | Self::Bayes { .. } => 10,
        };
        if rows < least {
            return Err(Error::NotEnoughData {
                needed: least,
                got: rows,
                why: "the method learns from a part of them while it is measured".to_owned(),
            });
        }
        Ok(())
    }
}
