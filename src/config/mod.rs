//! The configuration: the only reader of the environment, checked whole before anything starts.

mod load;
mod mail_values;
mod oidc_values;
mod problems;
mod reference;
mod secrets;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod values;

pub use mail_values::{Encryption, LinkTemplate, SmtpUrl};
pub use oidc_values::OidcProvider;
pub use problems::{Problem, Problems};
pub use reference::{reference, template};
pub use settings::{Accounts, Config, Database, Jobs, Limits, Log, Mail, Oidc, Server};
pub use values::{DatabaseUrl, Environment, LogFormat, SameSite};
