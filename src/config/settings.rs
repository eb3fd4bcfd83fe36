//! Every setting with its variable, default and meaning: the source of the loader and of the reference.
//!
//! Comments here are read by the reference and the template too. A line that begins with
//! `Accepted:` says what may be given, `Default:` what holds when a plain default cannot be
//! written, `Example:` a TOML value for settings without a plain default.

mod accounts;
mod database;
mod jobs;
mod limits;
mod log;
mod mail;
mod oidc;
mod server;

use std::path::PathBuf;

use secrecy::SecretString;

use super::values::{Environment, directory, parsed, secret};

pub use accounts::Accounts;
pub use database::Database;
pub use jobs::Jobs;
pub use limits::Limits;
pub use log::Log;
pub use mail::Mail;
pub use oidc::Oidc;
pub use server::Server;

/// What the program is told from outside, checked and complete.
#[derive(Clone, Debug, confique::Config)]
pub struct Config {
    /// Production refuses to start without its secrets and turns off what helps only developers.
    ///
    /// Accepted: development, production
    #[config(env = "PLUMA_ENV", default = "development", deserialize_with = parsed)]
    pub environment: Environment,
    /// The directory of everything kept on this machine: the SQLite file, uploaded media, the generated secret.
    ///
    /// Accepted: a path; a relative one starts at the working directory
    #[config(env = "PLUMA_DATA_DIR", default = "./data", deserialize_with = directory)]
    pub data_dir: PathBuf,
    /// The key under which signing keys are encrypted in the database. Every replica needs the same one, and losing it signs everyone out.
    ///
    /// Accepted: at least 32 bytes, for instance from `openssl rand -hex 32`
    /// Default: in development generated into the file `secret` of the data directory; required in production
    /// Example: "replace-with-the-output-of-openssl-rand-hex-32"
    #[config(env = "PLUMA_SECRET", deserialize_with = secret)]
    pub secret: SecretString,
    /// The HTTP server.
    #[config(nested)]
    pub server: Server,
    /// The database.
    #[config(nested)]
    pub database: Database,
    /// Users, their sessions and their passwords.
    #[config(nested)]
    pub accounts: Accounts,
    /// E-mail that the server sends.
    #[config(nested)]
    pub mail: Mail,
    /// Signing in with accounts of OpenID Connect providers.
    #[config(nested)]
    pub oidc: Oidc,
    /// What one client may ask for.
    #[config(nested)]
    pub limits: Limits,
    /// Work done in the background, such as publishing at a set time.
    #[config(nested)]
    pub jobs: Jobs,
    /// What the program writes about itself, to standard error.
    #[config(nested)]
    pub log: Log,
}
