//! Learning from numbers: forecasts of series, classification of tables and texts, drift, and ONNX models.
//!
//! A room of the floor that is arithmetic alone: numbers in, numbers out. It knows no database, no clock and no
//! network, and nothing of the rest of the crate. The same input gives the same output: whatever is random
//! comes from a seed among the parameters.
//!
//! - [`forecasts`]: methods that continue a daily series, their rolling-origin backtests and intervals,
//! - [`classes`]: methods that tell the class of a row of numbers, and their cross-validation,
//! - [`texts`]: the same for texts,
//! - [`drift`]: how far recent values are from those that a model was trained with,
//! - [`onnx`]: models that were trained elsewhere,
//! - [`artefact`]: what is kept of a model, as bytes,
//! - [`metrics`]: the measures, as formulae.

pub mod artefact;
pub mod classes;
pub mod drift;
mod error;
pub mod forecasts;
mod guard;
pub mod metrics;
pub mod onnx;
pub mod parameters;
mod random;
#[cfg(test)]
mod references;
pub mod texts;

pub use error::Error;

use std::ops::ControlFlow;

/// What trains models that no library does, as versions name it.
const LIBRARY: &str = concat!("pluma ", env!("CARGO_PKG_VERSION"));

/// Called while something is learned, with the part that is done (0 to 1); a break ends the work with
/// [`Error::Cancelled`]. It is called often enough to cancel within a few seconds.
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> ControlFlow<()>;

/// For callers that neither show the progress nor cancel.
pub fn unobserved(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
