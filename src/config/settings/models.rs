//! Models.

use crate::config::values::whole;

/// Models: how much training takes, and how much of what was trained is kept in memory.
#[derive(Clone, Debug, confique::Config)]
pub struct Models {
    /// How many bytes a model may have that is imported, and an artefact of training.
    ///
    /// Accepted: a whole number from 1024 to 104857600
    #[config(env = "PLUMA_MODEL_BYTES", default = 104_857_600, deserialize_with = whole::<1_024, 104_857_600, _, _>)]
    pub bytes: u64,
    /// How many bytes a dataset may have that a model is trained on: it is read into memory.
    ///
    /// Accepted: a whole number from 1024 to 1073741824
    #[config(env = "PLUMA_MODEL_TRAINING_BYTES", default = 67_108_864, deserialize_with = whole::<1_024, 1_073_741_824, _, _>)]
    pub training_bytes: u64,
    /// How many models one server trains or reads in at once, each on a core.
    ///
    /// Accepted: a whole number from 1 to 64
    #[config(env = "PLUMA_MODEL_TRAINERS", default = 1, deserialize_with = whole::<1, 64, _, _>)]
    pub trainers: usize,
    /// How many trainings of one user may wait or run at once.
    ///
    /// Accepted: a whole number from 1 to 10000
    #[config(env = "PLUMA_MODEL_UNFINISHED", default = 20, deserialize_with = whole::<1, 10_000, _, _>)]
    pub unfinished: u32,
    /// How many bytes of models are kept in memory, counted as they are stored; what was not used for longest goes first.
    /// Those that are read in at once have as much again, or one of the largest; others wait.
    ///
    /// Accepted: a whole number from 0 to 68719476736
    #[config(env = "PLUMA_MODEL_MEMORY_BYTES", default = 268_435_456, deserialize_with = whole::<0, 68_719_476_736, _, _>)]
    pub memory: u64,
}
