//! `pluma admin`: accounts that manage the others, made by whoever has the machine.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use pluma::accounts::service as accounts;
use pluma::config::Config;
use secrecy::{ExposeSecret, SecretString};

use super::failure::Failure;
use super::{audit, open, say};

/// Far above any password.
const LONGEST: u64 = 4_096;

/// What administrators of the machine do.
#[derive(Subcommand)]
pub enum Admin {
    /// Create an administrator; the password is asked for, or read from standard input where that is no terminal
    Create {
        /// The name to sign in with
        username: String,
        /// Where mail reaches the person
        email: String,
        /// A file that holds the password; a newline at its end is dropped
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Make an existing account an administrator
    Promote {
        /// The account's username
        username: String,
    },
    /// Check and export the log of who changed what
    #[command(subcommand)]
    Audit(audit::Audit),
}

/// Runs the command.
pub async fn run(command: Admin, file: Option<&Path>) -> Result<(), Failure> {
    let config = Config::load(file)?;
    match command {
        Admin::Create {
            username,
            email,
            password_file,
        } => {
            let password = password(password_file.as_deref())?;
            let app = open(config).await?;
            accounts::create_admin(&app, &username, &email, password.expose_secret()).await?;
            say(&format!("{username} is an administrator and can sign in."));
        }
        Admin::Promote { username } => {
            accounts::promote(&open(config).await?, &username).await?;
            say(&format!("{username} is an administrator now."));
        }
        Admin::Audit(command) => audit::run(command, open(config).await?).await?,
    }
    Ok(())
}

fn password(file: Option<&Path>) -> anyhow::Result<SecretString> {
    let mut text = match file {
        Some(path) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("the password file {} cannot be read", path.display()))?;
            read(file)?
        }
        None if std::io::stdin().is_terminal() => {
            let first = rpassword::prompt_password("Password: ")?;
            if rpassword::prompt_password("Once more: ")? != first {
                bail!("the two passwords differ");
            }
            first
        }
        None => read(std::io::stdin())?,
    };
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    if text.is_empty() {
        bail!("the password is empty");
    }
    Ok(text.into())
}

fn read(source: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    source
        .take(LONGEST)
        .read_to_string(&mut text)
        .context("the password is not readable as text")?;
    Ok(text)
}
