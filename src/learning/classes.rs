//! Classification of rows of numbers.

use super::{Error, Progress, drift::Reference};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How rows are turned into a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Multinomial logistic regression.
    LogisticRegression,
    /// One decision tree.
    DecisionTree,
    /// A random forest.
    RandomForest,
    /// The nearest neighbours vote.
    Knn,
    /// Gaussian naive Bayes.
    NaiveBayes,
    /// Support-vector machines, one against the rest.
    Svm,
}

/// A table with a label per row. `rows[i]` has a number per feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns' names.
    pub features: Vec<String>,
    /// A number per feature in each.
    pub rows: Vec<Vec<f64>>,
    /// A label per row.
    pub labels: Vec<String>,
}

/// What cross-validation measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Share of rows whose most probable class was right.
    pub accuracy: f64,
    /// Mean over the classes of the harmonic mean of precision and recall.
    pub f1_macro: f64,
    /// Mean negative logarithm of the right class's probability.
    pub log_loss: f64,
    /// `confusion[is][was predicted as]`, in the labels' order.
    pub confusion: Vec<Vec<usize>>,
    /// How many parts the data was cut into.
    pub folds: usize,
}

/// A trained model.
#[derive(Debug, Serialize, Deserialize)]
pub struct Classifier {}

/// Cross-validates (stratified, fixed seed), then trains with everything.
pub fn train(
    table: &Table,
    method: Method,
    params: &Value,
    progress: Progress<'_>,
) -> Result<Classifier, Error> {
    let _ = (table, method, params, progress);
    todo!()
}

impl Classifier {
    /// The method.
    pub fn method(&self) -> Method {
        todo!()
    }
    /// The parameters, with their defaults.
    pub fn params(&self) -> Value {
        todo!()
    }
    /// The features, in the order of a row.
    pub fn features(&self) -> &[String] {
        todo!()
    }
    /// The classes, sorted, in the order of the probabilities.
    pub fn labels(&self) -> &[String] {
        todo!()
    }
    /// The cross-validation's result.
    pub fn evaluation(&self) -> &Evaluation {
        todo!()
    }
    /// What later rows are compared with.
    pub fn reference(&self) -> &Reference {
        todo!()
    }
    /// The probability of each label for a row in the features' order.
    pub fn probabilities(&self, row: &[f64]) -> Result<Vec<f64>, Error> {
        let _ = row;
        todo!()
    }
}

/// Brings features that were given by name into a model's order; a missing, an unknown and a non-finite one are errors.
pub fn in_order(features: &[String], given: &BTreeMap<String, f64>) -> Result<Vec<f64>, Error> {
    let _ = (features, given);
    todo!()
}

/// The place of the largest probability; the first of equals.
pub fn most_probable(probabilities: &[f64]) -> usize {
    let _ = probabilities;
    todo!()
}
