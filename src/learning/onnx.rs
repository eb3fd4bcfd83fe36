//! Models in ONNX that were trained elsewhere, run by tract.
//!
//! A file is somebody's: before tract sees it, its size, its number of parts, its operators, the order of its nodes, its
//! trees and its tensors are looked at, and what is not needed for the probabilities is left away (the ZipMap of scikit-learn's
//! exports above all, whose labels are kept). What has passed is bounded: no operator of the list makes more out of
//! less, but by the shapes of its inputs, and those are added up before the model runs.

mod graph;
mod operators;
mod prepared;
mod rewrite;
#[cfg(feature = "ort")]
mod runtime;
#[cfg(test)]
mod tests;
mod tract;
mod trees;
mod wire;

use super::Error;
use prepared::Prepared;
use std::collections::BTreeMap;
use tract::Tract;

/// The largest file that is read.
pub const MOST_BYTES: usize = 64 << 20;
/// Nodes that a model may have, those of inner graphs included.
pub const MOST_NODES: usize = 5_000;
/// Name and version of what runs the models.
pub const LIBRARY: &str = "tract 0.23.9";

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
    /// Those that are needed and cannot be run.
    pub unsupported: Vec<String>,
}

/// Reads a file without running it.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    let proto = graph::decode(bytes)?;
    let operators = graph::operators(&proto);
    let producer = format!("{} {}", proto.producer_name, proto.producer_version);
    let prepared = Prepared::of(proto)?;
    Ok(Inspection {
        producer: producer.trim().to_owned(),
        features: prepared.features,
        labels: prepared.labels.clone(),
        operators,
        unsupported: prepared.unsupported,
    })
}

/// A model that is ready to run.
#[derive(Debug)]
pub struct Model {
    engine: Engine,
    features: usize,
    labels: Vec<String>,
}

#[derive(Debug)]
enum Engine {
    Tract(Tract),
    #[cfg(feature = "ort")]
    Runtime(runtime::Runtime),
}

impl Engine {
    /// tract where it can; what it cannot goes to ONNX Runtime, if the program is built with it.
    fn load(bytes: &[u8], prepared: Prepared, features: usize) -> Result<Self, Error> {
        #[cfg(feature = "ort")]
        let (wanted, double) = (prepared.wanted.clone(), prepared.double);
        let tract = if prepared.unsupported.is_empty() {
            Tract::load(prepared, features).map(Self::Tract)
        } else {
            Err(Error::UnsupportedOperators(prepared.unsupported))
        };
        #[cfg(feature = "ort")]
        if let Err(Error::UnsupportedOperators(_) | Error::UnsupportedModel(_)) = tract {
            return runtime::Runtime::load(bytes, &wanted, double).map(Self::Runtime);
        }
        let _ = bytes;
        tract
    }

    fn run(&self, row: &[f64]) -> Result<Vec<f32>, Error> {
        match self {
            Self::Tract(tract) => tract.run(row),
            #[cfg(feature = "ort")]
            Self::Runtime(runtime) => runtime.run(row),
        }
    }
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A classifier's: the label, and the probability of each of [`Model::labels`].
    Class {
        /// The most probable label.
        label: String,
        /// In the order of [`Model::labels`].
        probabilities: Vec<f64>,
    },
    /// A regression's.
    Value(f64),
}

impl Model {
    /// Makes `bytes` ready to run with `features` numbers. `labels` replace those of the file; a model with neither is
    /// a regression.
    pub fn load(bytes: &[u8], features: usize, labels: Option<&[String]>) -> Result<Self, Error> {
        let mut prepared = Prepared::of(graph::decode(bytes)?)?;
        if let Some(expected) = prepared.features.filter(|expected| *expected != features) {
            return Err(Error::UnsupportedModel(format!(
                "the model takes {expected} features, and {features} are named"
            )));
        }
        let labels = match (labels, prepared.labels.take()) {
            (Some(given), Some(own)) if given.len() != own.len() => {
                return Err(Error::UnsupportedModel(format!(
                    "the model tells {} classes apart ({}), and {} labels are given",
                    own.len(),
                    own.join(", "),
                    given.len()
                )));
            }
            (Some(given), _) => given.to_vec(),
            (None, own) => own.unwrap_or_default(),
        };
        let model = Self {
            engine: Engine::load(bytes, prepared, features)?,
            features,
            labels,
        };
        // What cannot answer zeros cannot answer anything.
        model.run(&vec![0.0; features])?;
        Ok(model)
    }

    /// The classes, in the order of the probabilities; empty for a regression.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Runs the model on one row of features.
    pub fn run(&self, row: &[f64]) -> Result<Answer, Error> {
        if row.len() != self.features {
            return Err(Error::BadData(format!(
                "{} values are given for {} features",
                row.len(),
                self.features
            )));
        }
        if row.iter().any(|value| !(*value as f32).is_finite()) {
            return Err(Error::NotFinite {
                row: 1,
                column: None,
            });
        }
        let answers = self.engine.run(row)?;
        let mut answers: Vec<f64> = answers.into_iter().map(f64::from).collect();
        if answers.iter().any(|answer| !answer.is_finite()) {
            return Err(Error::Failed(
                "the model's answer is no finite number".to_owned(),
            ));
        }
        if self.labels.is_empty() {
            return match answers.as_slice() {
                [value] => Ok(Answer::Value(*value)),
                _ => Err(Error::UnsupportedModel(format!(
                    "the model gives {} numbers and names no labels: give its labels",
                    answers.len()
                ))),
            };
        }
        if let ([second], 2) = (answers.as_slice(), self.labels.len()) {
            // A single output of a network for two classes is the second one's.
            answers = vec![1.0 - second, *second];
        }
        if answers.len() != self.labels.len() {
            return Err(Error::UnsupportedModel(format!(
                "the model gives {} probabilities for {} labels",
                answers.len(),
                self.labels.len()
            )));
        }
        Ok(Answer::Class {
            label: self.labels[super::metrics::argmax(&answers)].clone(),
            probabilities: answers,
        })
    }
}
