//! `pluma admin audit`: whether the log is as it was written, and its AUDIT entries as JSON Lines.

use std::io::{BufWriter, Write};

use clap::Subcommand;
use pluma::app::App;
use pluma::error::Error;
use pluma::logs::chain::{Sealed, canonical};
use pluma::logs::sealing;
use pluma::logs::service::{Verification, verify_chain};

use super::failure::Failure;
use super::say;

/// What to do with the log.
#[derive(Subcommand)]
pub enum Audit {
    /// Follow the hash chain over all AUDIT entries; the exit code is 1 where it is broken
    Verify,
    /// Write every AUDIT entry to standard output as JSON Lines, with its hash, as far as the chain holds
    ///
    /// Each line has `entry`, `previous` and `hash`: the SHA-256 of `previous`, a line feed, and the bytes of
    /// `entry` as they stand there is `hash`, which is the `previous` of the next line.
    Export,
}

/// Runs the command.
pub async fn run(command: Audit, app: App) -> Result<(), Failure> {
    // What was written a moment ago counts too.
    sealing::seal(&app).await?;
    let found = match command {
        Audit::Verify => verify_chain(&app, |_, _| Ok(())).await?,
        Audit::Export => export(&app).await?,
    };
    let Verification {
        entries,
        first_broken,
        problem,
        head,
    } = found;
    match problem {
        None => {
            if matches!(command, Audit::Verify) {
                say(&format!(
                    "{entries} entries hold. The newest hash is {head}"
                ));
            }
            Ok(())
        }
        Some(problem) => {
            let place = first_broken.map_or_else(String::new, |entry| {
                format!(
                    " at {} ({}, {})",
                    entry.id,
                    entry.date.to_rfc3339(),
                    entry.action
                )
            });
            Err(anyhow::anyhow!(
                "the log is broken{place}: {problem} {entries} entries before hold"
            )
            .into())
        }
    }
}

async fn export(app: &App) -> Result<Verification, Error> {
    let mut out = BufWriter::new(std::io::stdout());
    let found = verify_chain(app, |previous: &[u8], entry: &Sealed| {
        let (previous, hash) = (hex::encode(previous), hex::encode(&entry.hash));
        let entry = canonical(&entry.log, entry.seq)?;
        writeln!(
            out,
            r#"{{"entry":{entry},"previous":"{previous}","hash":"{hash}"}}"#
        )
        .map_err(Error::caused_by)
    })
    .await?;
    out.flush().map_err(Error::caused_by)?;
    Ok(found)
}
