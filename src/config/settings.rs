//! Every setting with its variable, default and meaning: the source of the loader and of the reference.
//!
//! Comments here are read by the reference and the template too. A line that begins with
//! `Accepted:` says what may be given, `Default:` what holds when a plain default cannot be
//! written, `Example:` a TOML value for settings without a plain default.

mod accounts;
#[expect(
    rustdoc::bare_urls,
    reason = "an example is a value, as it is to be written"
)]
mod ai;
mod audit;
mod database;
mod datasets;
mod jobs;
#[expect(
    rustdoc::bare_urls,
    reason = "an example is a value, as it is to be written"
)]
mod legislation;
mod limits;
#[expect(
    rustdoc::bare_urls,
    reason = "an example is a value, as it is to be written"
)]
mod linguistics;
mod log;
#[expect(
    rustdoc::bare_urls,
    reason = "an example is a value, as it is to be written"
)]
mod mail;
mod media;
mod models;
#[expect(
    rustdoc::bare_urls,
    reason = "an example is a value, as it is to be written"
)]
mod oidc;
mod persisted;
mod predictions;
#[expect(
    rustdoc::bare_urls,
    reason = "an example is a value, as it is to be written"
)]
mod processing;
mod rates;
mod redis;
mod server;
#[expect(
    rustdoc::bare_urls,
    reason = "an example is a value, as it is to be written"
)]
mod storage;

use std::path::PathBuf;

use secrecy::SecretString;

use super::values::{Environment, directory, parsed, secret};

pub use accounts::Accounts;
pub use ai::Ai;
pub use audit::Audit;
pub use database::Database;
pub use datasets::Datasets;
pub use jobs::Jobs;
pub use legislation::Legislation;
pub use limits::Limits;
pub use linguistics::Linguistics;
pub use log::Log;
pub use mail::Mail;
pub use media::Media;
pub use models::Models;
pub use oidc::Oidc;
pub use persisted::Persisted;
pub use predictions::Predictions;
pub use processing::Processing;
pub use rates::Rates;
pub use redis::Redis;
pub use server::Server;
pub use storage::Storage;

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
    /// Redis 6 or newer, or Valkey: what the replicas of an installation share beside the database. Without it, or while it is away, the server works all the same.
    #[config(nested)]
    pub redis: Redis,
    /// Users, their sessions and their passwords.
    #[config(nested)]
    pub accounts: Accounts,
    /// E-mail that the server sends.
    #[config(nested)]
    pub mail: Mail,
    /// Signing in with accounts of OpenID Connect providers.
    #[config(nested)]
    pub oidc: Oidc,
    /// Where files are kept: pictures, and whatever else is too large for the database.
    #[config(nested)]
    pub storage: Storage,
    /// Pictures: how large they may be, and for how long their addresses are good.
    #[config(nested)]
    pub media: Media,
    /// Datasets: how large tables may be that people import.
    #[config(nested)]
    pub datasets: Datasets,
    /// Models: how much training takes, and how much of what was trained is kept in memory.
    #[config(nested)]
    pub models: Models,
    /// Forecasts: how many one server makes at once, and how many people may have.
    #[config(nested)]
    pub predictions: Predictions,
    /// What one client may ask for.
    #[config(nested)]
    pub limits: Limits,
    /// How much may be asked for in a minute; a budget may be spent at once and refills evenly. 0 turns one off.
    #[config(nested)]
    pub rates: Rates,
    /// Operations that the server knows before anybody sends them.
    #[config(nested)]
    pub persisted: Persisted,
    /// Work done in the background, such as publishing at a set time.
    #[config(nested)]
    pub jobs: Jobs,
    /// The log of who changed what, which is kept in the database.
    #[config(nested)]
    pub audit: Audit,
    /// A service that says how texts speak of things; without one the program does it itself.
    #[config(nested)]
    pub linguistics: Linguistics,
    /// Answers of an AI. Without a provider `echo` answers in development: it repeats the prompt, and needs no network.
    #[config(nested)]
    pub ai: Ai,
    /// Finding data in texts, and asking services about them.
    #[config(nested)]
    pub processing: Processing,
    /// The open-data service of a parliament, from which bills are read.
    #[config(nested)]
    pub legislation: Legislation,
    /// What the program writes about itself, to standard error.
    #[config(nested)]
    pub log: Log,
}
