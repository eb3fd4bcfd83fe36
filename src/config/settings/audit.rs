//! How long the log is kept.

use std::time::Duration;

use crate::config::values::days;

/// The log of who changed what, which is kept in the database.
#[derive(Clone, Debug, confique::Config)]
pub struct Audit {
    /// How many days entries are kept, AUDIT and CUSTOM ones alike; 0 keeps them for ever. The hash chain stays verifiable from the oldest entry that is kept.
    ///
    /// Accepted: a whole number from 0 to 36500
    #[config(env = "PLUMA_AUDIT_RETENTION_DAYS", default = 0, deserialize_with = days::<0, 36_500, _>)]
    pub retention: Duration,
}
