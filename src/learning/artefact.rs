//! What is kept of a model, as bytes: a magic number, the format's version, the library's name and version, a checksum, and the
//! model in postcard.
//!
//! The checksum (FNV-1a of 64 bits, by Fowler, Noll and Vo) finds bytes that were cut off or altered by accident before anything is read from
//! them; whoever keeps artefacts hashes them against intent. postcard never makes room for more than the bytes can fill.

use super::{
    Error, classes::Classifier, forecasts::Forecaster, guard::guarded, texts::TextClassifier,
};
use serde::{Deserialize, Serialize};

/// Everything that can be kept.
#[derive(Debug, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnnxFile {
    /// The names of its inputs' numbers.
    pub features: Vec<String>,
    /// Labels that replace those of the file.
    pub labels: Option<Vec<String>>,
    /// The file.
    pub bytes: Vec<u8>,
}

const MAGIC: &[u8; 8] = b"PLUMALRN";
/// Of what follows the magic number; another is refused, as postcard cannot skip what it does not know.
const VERSION: u16 = 1;
/// Magic number, version, checksum.
const HEADER: usize = 8 + 2 + 8;
/// The largest artefact that is read.
pub const MOST_BYTES: usize = 512 << 20;

impl Artefact {
    /// As bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let body = guarded(|| postcard::to_allocvec(&(self.library(), self)))?;
        if body.len() > MOST_BYTES - HEADER {
            return Err(Error::TooMuchData {
                what: "bytes of model",
                most: MOST_BYTES - HEADER,
                got: body.len(),
            });
        }
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&checksum(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// From bytes; foreign, truncated and altered ones are [`Error::Corrupt`], and so are those in the layout of another
    /// version of a library.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let corrupt = |why: &str| Error::Corrupt(format!("the model's bytes {why}"));
        if bytes.len() > MOST_BYTES {
            return Err(corrupt("are too many"));
        }
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| corrupt("are not a model of this program"))?;
        let (version, rest) = rest
            .split_first_chunk::<2>()
            .ok_or_else(|| corrupt("are cut off"))?;
        let version = u16::from_le_bytes(*version);
        if version != VERSION {
            return Err(corrupt(&format!(
                "are of format {version}, and this program reads {VERSION}"
            )));
        }
        let (sum, body) = rest
            .split_first_chunk::<8>()
            .ok_or_else(|| corrupt("are cut off"))?;
        if u64::from_le_bytes(*sum) != checksum(body) {
            return Err(corrupt("are cut off or altered"));
        }
        let (library, body) = guarded(|| postcard::take_from_bytes::<&str>(body))
            .map_err(|_| corrupt("name no library"))?;
        let (artefact, rest) = guarded(|| postcard::take_from_bytes::<Self>(body))
            .map_err(|_| corrupt(&format!("cannot be read; {library} wrote them")))?;
        if !rest.is_empty() {
            return Err(corrupt("go on after the model"));
        }
        if artefact.layout().is_some_and(|layout| layout != library) {
            return Err(corrupt(&format!(
                "are of {library}, and this program has {}: train the model again",
                artefact.library()
            )));
        }
        Ok(artefact)
    }

    /// The library whose own layout the bytes have, which its next version may change. Pluma's is told by [`VERSION`], and a
    /// file of ONNX is what it is.
    fn layout(&self) -> Option<&'static str> {
        match self {
            Self::Onnx(_) => None,
            _ => Some(self.library()).filter(|library| *library != super::LIBRARY),
        }
    }

    /// Name and version of the library that trained it, such as `smartcore 0.7.0`.
    pub fn library(&self) -> &'static str {
        match self {
            Self::Forecaster(model) => model.method().library(),
            Self::Classifier(model) => model.method().library(),
            Self::Text(model) => model.method().library(),
            Self::Onnx(_) => super::onnx::LIBRARY,
        }
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
