//! Forecasts, classifications and drift on the wire.

mod classification;
mod drift;
mod mutations;
mod prediction;
mod queries;
mod subscriptions;

pub use classification::{Classification, ClassificationConnection, load_live_accuracy};
pub use drift::{DriftReport, find_drift};
pub use mutations::PredictionMutations;
pub use prediction::{Prediction, PredictionConnection};
pub use queries::PredictionQueries;
pub use subscriptions::PredictionSubscriptions;
