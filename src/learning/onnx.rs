//! Models in ONNX that were trained elsewhere, run by tract.
//!
//! A file is somebody's: before tract sees it, its size, its number of parts, its operators, the order of its nodes, its
//! trees and its tensors are looked at, and what is not needed for the probabilities is left away (the ZipMap of scikit-learn's
//! exports above all, whose labels are kept). What has passed is bounded: no operator of the list makes more out of
//! less, but by the shapes of its inputs, and those are added up before the model runs.

mod graph;
mod operators;
#[cfg(test)]
mod tests;
mod trees;
mod wire;

use super::{Error, guard::guarded};
use graph::Prepared;
use std::{collections::BTreeMap, sync::Arc};
use tract_onnx::{Onnx, prelude::*};

/// The largest file that is read.
pub const MOST_BYTES: usize = 64 << 20;
/// Nodes that a model may have, those of inner graphs included.
pub const MOST_NODES: usize = 5_000;
/// Numbers that all tensors of one run may have together.
const MOST_NUMBERS: usize = 64 << 20;
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
pub struct Model {
    plan: Arc<TypedSimplePlan>,
    input: DatumType,
    features: usize,
    labels: Vec<String>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("features", &self.features)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
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
        let prepared = Prepared::of(graph::decode(bytes)?)?;
        if !prepared.unsupported.is_empty() {
            return Err(Error::UnsupportedOperators(prepared.unsupported));
        }
        if let Some(expected) = prepared.features.filter(|expected| *expected != features) {
            return Err(Error::UnsupportedModel(format!(
                "the model takes {expected} features, and {features} are named"
            )));
        }
        let labels = match (labels, prepared.labels) {
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
        let input = if prepared.double {
            f64::datum_type()
        } else {
            f32::datum_type()
        };
        let framework: Onnx = tract_onnx::onnx()
            .with_ignore_output_shapes(true)
            .with_ignore_output_types(true)
            .with_ignore_value_info(true);
        let proto = prepared.proto;
        let typed = guarded(|| {
            let mut model = framework.parse(&proto, None)?.model;
            model.set_input_fact(0, InferenceFact::dt_shape(input, [1, features]))?;
            model.into_typed()
        })
        .map_err(in_words)?;
        check_size(&typed)?;
        let plan = guarded(|| typed.into_optimized()?.into_runnable()).map_err(in_words)?;
        let model = Self {
            plan,
            input,
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
        let answers: Vec<f32> = guarded(|| {
            let shape = [1, self.features];
            let tensor = if self.input == f64::datum_type() {
                Tensor::from_shape(&shape, row)?
            } else {
                let row: Vec<f32> = row.iter().map(|value| *value as f32).collect();
                Tensor::from_shape(&shape, &row)?
            };
            let answers = self.plan.run(tvec!(tensor.into()))?;
            let first = answers.first().map(|first| first.cast_to::<f32>());
            Ok::<_, TractError>(match first {
                Some(first) => first?.to_plain_array_view::<f32>()?.iter().copied().collect(),
                None => Vec::new(),
            })
        })
        .map_err(in_words)?;
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

fn in_words(error: Error) -> Error {
    match error {
        Error::Failed(why) => Error::UnsupportedModel(format!("the model cannot be run: {why}")),
        other => other,
    }
}

/// Refuses a model whose tensors would not fit, or whose sizes are not known before it runs.
fn check_size(model: &TypedModel) -> Result<(), Error> {
    let mut numbers = 0_usize;
    for node in model.nodes() {
        for output in &node.outputs {
            let count = output
                .fact
                .shape
                .as_concrete()
                .and_then(|shape| {
                    shape
                        .iter()
                        .try_fold(1_usize, |all, one| all.checked_mul(*one))
                })
                .ok_or_else(|| {
                    Error::UnsupportedModel(format!(
                        "the size of `{}` is not known before the model runs",
                        node.name
                    ))
                })?;
            numbers = numbers.saturating_add(count);
        }
    }
    if numbers > MOST_NUMBERS {
        return Err(Error::TooMuchData {
            what: "numbers in the model's tensors",
            most: MOST_NUMBERS,
            got: numbers,
        });
    }
    Ok(())
}
