//! The configuration: the only reader of the environment, checked whole before anything starts.

mod ai_values;
mod enricher_values;
mod load;
mod mail_values;
mod named;
mod oidc_values;
mod problems;
mod redis_url;
mod reference;
mod secrets;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod values;

pub use ai_values::{AiKind, AiProvider};
pub use enricher_values::EnricherSettings;
pub use mail_values::{Encryption, LinkTemplate, SmtpUrl};
pub use oidc_values::OidcProvider;
pub use problems::{Problem, Problems};
pub use redis_url::{RedisForm, RedisLogin, RedisNode, RedisUrl};
pub use reference::{reference, template};
pub use settings::{
    Accounts, Ai, Audit, Config, Database, Jobs, Legislation, Limits, Linguistics, Log, Mail,
    Media, Oidc, Persisted, Processing, Rates, Redis, Server, Storage,
};
pub use values::{DatabaseUrl, Environment, LogFormat, PersistedMode, SameSite};
