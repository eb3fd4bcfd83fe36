//! What is kept of a model, as bytes.

use super::{Error, classes::Classifier, forecasts::Forecaster, texts::TextClassifier};

/// Everything that can be kept.
#[derive(Debug)]
pub enum Artefact {
    /// A method of forecasting that was fitted to a series.
    Forecaster(Box<Forecaster>),
    /// A classifier of rows.
    Classifier(Box<Classifier>),
    /// A classifier of texts.
    Text(Box<TextClassifier>),
    /// A file from elsewhere; [`super::onnx::Model::load`] makes it ready.
    Onnx(OnnxFile),
}

/// An ONNX file and what was said when it was imported.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct OnnxFile {
    /// The names of its inputs' numbers.
    pub features: Vec<String>,
    /// Labels that replace those of the file.
    pub labels: Option<Vec<String>>,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Artefact {
    /// As bytes that begin with a magic number, the format's version and the library's.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        todo!()
    }
    /// From bytes; foreign, truncated and altered ones are [`Error::Corrupt`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let _ = bytes;
        todo!()
    }
    /// Name and version of the library that trained it, such as `smartcore 0.7.0`.
    pub fn library(&self) -> &'static str {
        todo!()
    }
}
