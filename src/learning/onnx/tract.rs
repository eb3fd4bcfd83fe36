//! tract, which runs what has passed.

use super::prepared::Prepared;
use crate::learning::{Error, guard::guarded};
use std::sync::Arc;
use tract_onnx::{Onnx, prelude::*};

/// Numbers that all tensors of one run may have together.
const MOST_NUMBERS: usize = 64 << 20;

pub(super) struct Tract {
    plan: Arc<TypedSimplePlan>,
    input: DatumType,
}

impl std::fmt::Debug for Tract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tract")
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}

impl Tract {
    pub(super) fn load(prepared: Prepared, features: usize) -> Result<Self, Error> {
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
        Ok(Self { plan, input })
    }

    pub(super) fn run(&self, row: &[f64]) -> Result<Vec<f32>, Error> {
        guarded(|| {
            let shape = [1, row.len()];
            let tensor = if self.input == f64::datum_type() {
                Tensor::from_shape(&shape, row)?
            } else {
                let row: Vec<f32> = row.iter().map(|value| *value as f32).collect();
                Tensor::from_shape(&shape, &row)?
            };
            let answers = self.plan.run(tvec!(tensor.into()))?;
            let first = answers.first().map(|first| first.cast_to::<f32>());
            Ok::<_, TractError>(match first {
                Some(first) => first?
                    .to_plain_array_view::<f32>()?
                    .iter()
                    .copied()
                    .collect(),
                None => Vec::new(),
            })
        })
        .map_err(in_words)
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
            let shape = output.fact.shape.as_concrete();
            let count = shape
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
