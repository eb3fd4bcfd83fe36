//! Forecasts and classifications.

use std::time::Duration;

use crate::config::values::{days, whole};

/// Forecasts: how many one server makes at once, and how many people may have; and how long classifications are kept.
#[derive(Clone, Debug, confique::Config)]
pub struct Predictions {
    /// How many short forecasts one server makes at once, each on a core; long ones are trained like models, as PLUMA_MODEL_TRAINERS says.
    ///
    /// Accepted: a whole number from 1 to 64
    #[config(env = "PLUMA_PREDICTION_MAKERS", default = 2, deserialize_with = whole::<1, 64, _, _>)]
    pub makers: usize,
    /// How many forecasts one user may have.
    ///
    /// Accepted: a whole number from 1 to 1000000
    #[config(env = "PLUMA_PREDICTION_PER_USER", default = 10_000, deserialize_with = whole::<1, 1_000_000, _, _>)]
    pub most: u32,
    /// How many forecasts of one user may wait or run at once.
    ///
    /// Accepted: a whole number from 1 to 10000
    #[config(env = "PLUMA_PREDICTION_UNFINISHED", default = 20, deserialize_with = whole::<1, 10_000, _, _>)]
    pub unfinished: u32,
    /// How many days what models answered about rows and texts is kept, labelled or not; 0 keeps it for ever. Live accuracy and drift are told from what is kept.
    ///
    /// Accepted: a whole number from 0 to 36500
    #[config(env = "PLUMA_PREDICTION_CLASSIFICATION_DAYS", default = 0, deserialize_with = days::<0, 36_500, _>)]
    pub classification_retention: Duration,
}
