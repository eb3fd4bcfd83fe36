//! Classification of texts by the words in them.

use super::{Error, Progress, classes::Evaluation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How words are turned into a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Multinomial logistic regression over word counts.
    LogisticRegression,
    /// Multinomial naive Bayes.
    NaiveBayes,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextClassifier {}

/// Cross-validates, then trains with everything.
pub fn train(
    texts: &[String],
    labels: &[String],
    method: Method,
    params: &Value,
    progress: Progress<'_>,
) -> Result<TextClassifier, Error> {
    let _ = (texts, labels, method, params, progress);
    todo!()
}

impl TextClassifier {
    /// The method.
    pub fn method(&self) -> Method {
        todo!()
    }
    /// The parameters, with their defaults.
    pub fn params(&self) -> Value {
        todo!()
    }
    /// The classes, in the order of the probabilities.
    pub fn labels(&self) -> &[String] {
        todo!()
    }
    /// The cross-validation's result.
    pub fn evaluation(&self) -> &Evaluation {
        todo!()
    }
    /// The probability of each label.
    pub fn probabilities(&self, text: &str) -> Result<Vec<f64>, Error> {
        let _ = text;
        todo!()
    }
}
