//! The program's own log.

use crate::config::values::{LogFormat, log_filter, parsed};

/// What the program writes about itself, to standard error.
#[derive(Clone, Debug, confique::Config)]
pub struct Log {
    /// Text for people, JSON for machines.
    ///
    /// Accepted: text, json
    /// Default: text in development, json in production
    /// Example: "json"
    #[config(env = "PLUMA_LOG_FORMAT", deserialize_with = parsed)]
    pub format: LogFormat,
    /// What is worth a line. Libraries write no lines below `info`, whatever is set: they would hold statements with their values.
    ///
    /// Accepted: off, error, warn, info, debug, trace, or a tracing filter as `info,pluma::db=debug`
    #[config(env = "PLUMA_LOG", default = "info", deserialize_with = log_filter)]
    pub filter: String,
}
