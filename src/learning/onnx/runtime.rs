//! ONNX Runtime, for what tract cannot run: the optional feature `ort`.
//!
//! The library is loaded when the first such model is (`ORT_DYLIB_PATH` names it, or it is where the system looks). It knows
//! every operator, and so the bounds on sizes that hold for tract do not hold here: enable it where those who import models are trusted.

use crate::learning::{Error, guard::guarded};
use ort::{
    session::Session,
    value::{Tensor, ValueType},
};
use std::sync::{Mutex, PoisonError};

#[derive(Debug)]
pub(super) struct Runtime {
    session: Mutex<Session>,
    wanted: String,
    double: bool,
}

impl Runtime {
    /// The tensor `wanted` becomes an output of the model, whether it was one or went into a ZipMap.
    pub(super) fn load(bytes: &[u8], wanted: &str, double: bool) -> Result<Self, Error> {
        let build = |bytes: &[u8]| {
            guarded(|| {
                Session::builder()?
                    .with_intra_threads(1)?
                    .commit_from_memory(bytes)
            })
            .map_err(in_words)
        };
        let mut session = build(bytes)?;
        if !session
            .outputs()
            .iter()
            .any(|output| output.name() == wanted)
        {
            session = build(&with_output(bytes, wanted))?;
        }
        let floats = session.outputs().iter().any(|output| {
            output.name() == wanted && matches!(output.dtype(), ValueType::Tensor { .. })
        });
        if !floats {
            return Err(Error::UnsupportedModel(format!(
                "the output `{wanted}` is no tensor"
            )));
        }
        Ok(Self {
            session: Mutex::new(session),
            wanted: wanted.to_owned(),
            double,
        })
    }

    pub(super) fn run(&self, row: &[f64]) -> Result<Vec<f32>, Error> {
        guarded(|| {
            let shape = [1, row.len()];
            let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            let outputs = if self.double {
                session.run(ort::inputs![Tensor::from_array((shape, row.to_vec()))?])?
            } else {
                let row: Vec<f32> = row.iter().map(|value| *value as f32).collect();
                session.run(ort::inputs![Tensor::from_array((shape, row))?])?
            };
            let found = outputs
                .get(&self.wanted)
                .ok_or_else(|| ort::Error::new("the model gives nothing"))?;
            if let Ok((_, numbers)) = found.try_extract_tensor::<f64>() {
                return Ok(numbers.iter().map(|number| *number as f32).collect());
            }
            let (_, numbers) = found.try_extract_tensor::<f32>()?;
            Ok::<_, ort::Error>(numbers.to_vec())
        })
        .map_err(in_words)
    }
}

fn in_words(error: Error) -> Error {
    match error {
        Error::Failed(why) => {
            Error::UnsupportedModel(format!("ONNX Runtime cannot run the model: {why}"))
        }
        other => other,
    }
}

/// A protocol buffer to which a part is appended is merged with it: one more output of the graph.
fn with_output(bytes: &[u8], name: &str) -> Vec<u8> {
    let part = |field: u8, content: &[u8]| -> Vec<u8> {
        let mut part = vec![field << 3 | 2];
        let mut length = content.len();
        while length >= 0x80 {
            part.push(length as u8 | 0x80);
            length >>= 7;
        }
        part.push(length as u8);
        part.extend_from_slice(content);
        part
    };
    // ModelProto.graph, GraphProto.output, ValueInfoProto.name, by the numbers of onnx.proto.
    let output = part(7, &part(12, &part(1, name.as_bytes())));
    [bytes, &output].concat()
}
