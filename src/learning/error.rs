//! What can be wrong with what somebody wants to have learned.

use thiserror::Error as ThisError;

/// Why nothing was learned or predicted. The messages are for the person who asked.
#[derive(Debug, Clone, PartialEq, ThisError)]
pub enum Error {
    /// There are fewer rows than the method needs.
    #[error("there are {got} rows and at least {needed} are needed: {why}")]
    NotEnoughData {
        /// How many rows would do.
        needed: usize,
        /// How many there are.
        got: usize,
        /// What needs them.
        why: String,
    },
    /// There are more rows, columns or classes than the method may take.
    #[error("there are {got} {what} and at most {most} are taken")]
    TooMuchData {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// How many are taken.
        most: usize,
        /// How many there are.
        got: usize,
    },
    /// A parameter is unknown, of the wrong type or out of its range.
    #[error("parameter `{name}` {message}")]
    BadParameter {
        /// The parameter's name as it was given.
        name: String,
        /// What is wrong with it and what would be right, to be read after the name.
        message: String,
    },
    /// A value is not a finite number.
    #[error("row {row} has no finite number{}", column.as_ref().map(|name| format!(" in `{name}`")).unwrap_or_default())]
    NotFinite {
        /// Counted from 1.
        row: usize,
        /// The feature, where there are several.
        column: Option<String>,
    },
    /// A feature that the model needs was not given.
    #[error("feature `{0}` is missing")]
    MissingFeature(String),
    /// A feature was given that the model does not know.
    #[error("feature `{0}` is not one of the model's")]
    UnknownFeature(String),
    /// The data cannot be learned from: one class alone, rows of different lengths and the like.
    #[error("{0}")]
    BadData(String),
    /// The bytes are no artefact or no ONNX model, or were cut off or altered.
    #[error("{0}")]
    Corrupt(String),
    /// An ONNX model uses operators that this program cannot run.
    #[error("the model uses operators that are not supported: {}", .0.join(", "))]
    UnsupportedOperators(Vec<String>),
    /// A model from elsewhere has no use here: its inputs or outputs have another form.
    #[error("{0}")]
    UnsupportedModel(String),
    /// The work was ended by its caller.
    #[error("cancelled")]
    Cancelled,
    /// The library gave up; the message is for the log.
    #[error("the method failed: {0}")]
    Failed(String),
}
