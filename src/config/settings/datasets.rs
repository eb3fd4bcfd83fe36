//! Datasets.

use std::time::Duration;

use crate::config::values::{seconds, whole};

/// Datasets: how large tables may be that people import.
#[derive(Clone, Debug, confique::Config)]
pub struct Datasets {
    /// How many bytes a file may have that is imported as a dataset.
    ///
    /// Accepted: a whole number from 1024 to 10737418240
    #[config(env = "PLUMA_DATASET_BYTES", default = 268_435_456, deserialize_with = whole::<1_024, 10_737_418_240, _, _>)]
    pub bytes: u64,
    /// How many columns a dataset may have.
    ///
    /// Accepted: a whole number from 1 to 10000
    #[config(env = "PLUMA_DATASET_COLUMNS", default = 1_000, deserialize_with = whole::<1, 10_000, _, _>)]
    pub columns: usize,
    /// How many days in a row a time series may leave out. Weekends and holidays are such days; a longer gap is taken for a mistake.
    ///
    /// Accepted: a whole number from 0 to 3650
    #[config(env = "PLUMA_DATASET_GAP_DAYS", default = 31, deserialize_with = whole::<0, 3_650, _, _>)]
    pub gap_days: u32,
    /// How many datasets one user may have.
    ///
    /// Accepted: a whole number from 1 to 1000000
    #[config(env = "PLUMA_DATASET_PER_USER", default = 100, deserialize_with = whole::<1, 1_000_000, _, _>)]
    pub most: u32,
    /// How many files one server reads at once.
    ///
    /// Accepted: a whole number from 1 to 64
    #[config(env = "PLUMA_DATASET_READERS", default = 2, deserialize_with = whole::<1, 64, _, _>)]
    pub readers: usize,
    /// How many seconds the upload of a dataset or a model may take, for those who are signed in. Other requests have PLUMA_REQUEST_TIMEOUT_SECONDS.
    ///
    /// Accepted: a whole number from 1 to 86400
    #[config(env = "PLUMA_DATASET_UPLOAD_SECONDS", default = 900, deserialize_with = seconds::<1, 86_400, _>)]
    pub upload: Duration,
}
