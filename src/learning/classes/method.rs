//! The methods, by name.

use crate::learning::{Error, LIBRARY};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How rows are turned into a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LogisticRegression,
        Self::DecisionTree,
        Self::RandomForest,
        Self::Knn,
        Self::NaiveBayes,
        Self::Svm,
    ];

    /// The name that people ask for it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogisticRegression => "logistic_regression",
            Self::DecisionTree => "decision_tree",
            Self::RandomForest => "random_forest",
            Self::Knn => "knn",
            Self::NaiveBayes => "naive_bayes",
            Self::Svm => "svm",
        }
    }

    /// Name and version of the library that does the work.
    pub fn library(self) -> &'static str {
        match self {
            Self::Svm => LIBRARY,
            _ => "smartcore 0.7.0",
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
            .ok_or_else(|| Error::BadData(format!("there is no method of classification `{name}`")))
    }
}
