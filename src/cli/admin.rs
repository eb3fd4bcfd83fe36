//! `pluma admin`: what is left to whoever has the machine: administrators, failed jobs, and the keys that sign tokens.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use pluma::accounts::service as accounts;
use pluma::config::Config;
use pluma::keyring::Overlap;
use pluma::search::jobs as search;
use secrecy::{ExposeSecret, SecretString};

use super::failure::Failure;
use super::{audit, jobs, media, open, progress, say};

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
    /// Look after pictures
    #[command(subcommand)]
    Media(media::Media),
    /// Index for the search what is not indexed yet, now instead of within ten minutes
    ///
    /// The server does so by itself after an upgrade. It may run beside the command, which can be stopped at any time:
    /// the next one goes on.
    Reindex {
        /// Index everything anew
        #[arg(long)]
        all: bool,
    },
    /// See background work, and try again what was given up
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Take a new key for signing access tokens
    ///
    /// It is published at once and signs a minute later, when every server has read it; the old key stays good
    /// until the last token that it signed has expired. Nobody is signed out, and nothing has to be restarted.
    RotateKeys {
        /// Sign with the new key at once; servers that have not read it refuse its tokens for some seconds
        #[arg(long)]
        now: bool,
        /// Refuse what the old keys signed, for a key that was stolen: every client has to refresh its session
        #[arg(long, conflicts_with = "now")]
        drop_old: bool,
    },
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
        Admin::Reindex { all } => {
            let app = open(config).await?;
            if all {
                search::forget(&app).await?;
            }
            let waiting = progress::spinner("indexing");
            let done = search::fill(&app, |done| waiting.doing(&format!("indexed {done}"))).await?;
            drop(waiting);
            say(&format!("{done} texts were indexed."));
        }
        Admin::Promote { username } => {
            accounts::promote(&open(config).await?, &username).await?;
            say(&format!("{username} is an administrator now."));
        }
        Admin::Audit(command) => audit::run(command, open(config).await?).await?,
        Admin::Media(command) => media::run(command, open(config).await?).await?,
        Admin::Jobs(command) => jobs::run(command, open(config).await?).await?,
        Admin::RotateKeys { now, drop_old } => {
            let overlap = match (now, drop_old) {
                (_, true) => Overlap::Drop,
                (true, false) => Overlap::AtOnce,
                (false, false) => Overlap::Gentle,
            };
            let app = open(config).await?;
            let ttl = app.config.accounts.access_ttl;
            let rotation = app.keyring.rotate(overlap, ttl).await?;
            say(&format!(
                "The key {} signs from {}; the old ones are good until {}.",
                rotation.kid,
                rotation.signs_from.to_rfc3339(),
                rotation.old_until.to_rfc3339(),
            ));
        }
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
