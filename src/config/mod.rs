//! The configuration: the only reader of the environment, checked whole before anything starts.

mod load;
mod problems;
mod reference;
mod secrets;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod values;

pub use problems::{Problem, Problems};
pub use reference::{reference, template};
pub use settings::{Accounts, Config, Database, Jobs, Limits, Log, Persisted, Rates, Server};
pub use values::{DatabaseUrl, Environment, LogFormat, PersistedMode, SameSite};
