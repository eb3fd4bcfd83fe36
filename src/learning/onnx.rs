//! Models in ONNX, run by tract.

use super::Error;
use std::collections::BTreeMap;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Who wrote it, such as `skl2onnx 1.20.0`.
    pub producer: String,
    /// How many numbers the input takes, where the file says it.
    pub features: Option<usize>,
    /// The class labels that the file names.
    pub labels: Option<Vec<String>>,
    /// How often each operator occurs.
    pub operators: BTreeMap<String, usize>,
    /// Those that cannot be run.
    pub unsupported: Vec<String>,
}

/// Reads a file without running it. Files above [`MOST_BYTES`] are refused unread.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    let _ = bytes;
    todo!()
}

/// The largest file that is read.
pub const MOST_BYTES: usize = 100 << 20;

/// A model that is ready to run.
pub struct Model {}

/// What a model answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A classifier's: the label, and the probability of each of [`Model::labels`].
    Class {
        /// The most probable label as the model gave it.
        label: String,
        /// In the order of [`Model::labels`].
        probabilities: Vec<f64>,
    },
    /// A regression's.
    Value(f64),
}

impl Model {
    /// Makes `bytes` ready to run with `features` numbers. `labels` replace those of the file.
    pub fn load(bytes: &[u8], features: usize, labels: Option<&[String]>) -> Result<Self, Error> {
        let _ = (bytes, features, labels);
        todo!()
    }

    /// The classes, in the order of the probabilities; empty for a regression.
    pub fn labels(&self) -> &[String] {
        todo!()
    }

    /// Runs the model on one row of features.
    pub fn run(&self, row: &[f64]) -> Result<Answer, Error> {
        let _ = row;
        todo!()
    }
}
