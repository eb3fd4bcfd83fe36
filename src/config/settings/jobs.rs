//! Background work.

use std::time::Duration;

use crate::config::values::{flag, seconds, whole};

/// Work done in the background, such as publishing at a set time.
#[derive(Clone, Debug, confique::Config)]
pub struct Jobs {
    /// Lets the server itself run jobs. Turn it off where `pluma worker` runs beside it.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_JOBS_INLINE", default = true, deserialize_with = flag)]
    pub inline: bool,
    /// Lets this process begin what recurs, such as purges and sweeps. Where several processes run jobs, each period's work is
    /// begun once, whichever comes first; turn it off in all but those that are to do so.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_JOBS_RECURRING", default = true, deserialize_with = flag)]
    pub recurring: bool,
    /// How many jobs one process runs at once, beside answers (PLUMA_AI_STREAMS), trainings and long forecasts (PLUMA_MODEL_TRAINERS) and batches (PLUMA_PROCESSING_BATCHES).
    ///
    /// Accepted: a whole number from 1 to 256
    #[config(env = "PLUMA_JOBS_CONCURRENCY", default = 4, deserialize_with = whole::<1, 256, _, _>)]
    pub concurrency: usize,
    /// How many seconds pass between two looks for jobs that are due.
    ///
    /// Accepted: a whole number from 1 to 60
    #[config(env = "PLUMA_JOBS_POLL_SECONDS", default = 1, deserialize_with = seconds::<1, 60, _>)]
    pub poll: Duration,
}
