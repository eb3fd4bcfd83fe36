//! The log on the wire.

mod log;
mod mutations;
mod queries;
mod subscriptions;

pub use log::{Log, LogConnection, LogFilter};
pub use mutations::LogMutations;
pub use queries::LogQueries;
pub use subscriptions::LogSubscriptions;
