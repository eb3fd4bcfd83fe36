//! What learning refuses, as the errors that people read.

use crate::error::{Error, UserErrorCode};
use crate::learning;

/// The error of the API for one of learning's; its path is where in `input` the cause stands.
pub fn refusal(error: learning::Error) -> Error {
    use UserErrorCode as Code;
    use learning::Error as E;
    let (code, field) = match &error {
        E::NotEnoughData { .. } => (Code::NotEnoughData, "datasetId"),
        E::TooMuchData { .. } => (Code::TooLarge, "datasetId"),
        E::BadParameter { .. } => (Code::Invalid, "params"),
        E::NotFinite { .. } | E::BadData(_) => (Code::Invalid, "datasetId"),
        E::MissingFeature(_) | E::UnknownFeature(_) => (Code::FeatureMismatch, "features"),
        E::Corrupt(_) => (Code::Corrupt, "file"),
        E::UnsupportedOperators(_) | E::UnsupportedModel(_) => (Code::UnsupportedType, "file"),
        E::Cancelled => return Error::internal("stopped on request"),
        E::Failed(_) => return Error::caused_by(error),
    };
    Error::user(code, ["input", field], sentence(&error.to_string()))
}

/// The same text as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let end = match text.ends_with(['.', '!', '?']) {
        true => "",
        false => ".",
    };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}
