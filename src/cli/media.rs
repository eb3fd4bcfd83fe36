//! `pluma admin media`: whether rows and objects of pictures fit together.

use anyhow::Context;
use clap::Subcommand;
use pluma::app::App;
use pluma::media::fsck;

use super::failure::Failure;

/// What can be done about pictures.
#[derive(Subcommand)]
pub enum Media {
    /// Compare the rows of pictures with the object store, both ways
    ///
    /// Reports bytes that are missing, of another size or, with --deep, of another content, with the pictures that
    /// they belong to; and objects older than a day that no row names. The exit code is 1 where anything is left
    /// to do. It may run beside the server.
    Fsck {
        /// Read all bytes and compare their hashes, which takes as long as downloading everything
        #[arg(long)]
        deep: bool,
        /// Remove the objects that no row names; what is missing has to come back from a backup
        #[arg(long)]
        repair: bool,
    },
}

/// Runs the command.
pub async fn run(command: Media, app: App) -> Result<(), Failure> {
    let Media::Fsck { deep, repair } = command;
    let report = fsck::check(&app, deep, repair).await?;
    report
        .write(&mut std::io::stdout().lock())
        .context("the report cannot be written")?;
    match report.problems.len() > report.repaired {
        true => Err(Failure::Told),
        false => Ok(()),
    }
}
