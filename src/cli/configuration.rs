//! `pluma config`: what can be set, and whether what is set is right.

use std::path::Path;

use clap::Subcommand;
use pluma::config::{self, Config};

use super::failure::Failure;
use super::say;

/// What to do with the configuration.
#[derive(Subcommand)]
pub enum Configuration {
    /// Print every setting with its meaning, as Markdown
    Reference,
    /// Print a pluma.toml with every setting, explained and commented out
    Template,
    /// Check variables and file, and say every problem at once
    Check,
}

/// Runs the command.
pub fn run(command: Configuration, file: Option<&Path>) -> Result<(), Failure> {
    match command {
        Configuration::Reference => say(&config::reference()),
        Configuration::Template => say(&config::template()),
        Configuration::Check => {
            let config = Config::load(file)?;
            say(&format!(
                "The configuration is good: {}, listening on {}, data in {}, database {}, {}.",
                if config.environment.is_production() {
                    "production"
                } else {
                    "development"
                },
                config.server.listen,
                config.data_dir.display(),
                config.database.url,
                match &config.redis.url {
                    Some(url) => url.to_string(),
                    None => "no Redis".to_owned(),
                },
            ));
        }
    }
    Ok(())
}
