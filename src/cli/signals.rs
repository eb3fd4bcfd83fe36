//! SIGTERM and SIGINT: the first asks to stop, the second to stop at once.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What has been asked for.
#[derive(Clone, Default)]
pub struct Stop {
    /// Finish what runs, then stop.
    pub gently: CancellationToken,
    /// Stop now.
    pub at_once: CancellationToken,
}

/// Listens to signals from now on.
pub fn watch() -> anyhow::Result<Stop> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?;
    let stop = Stop::default();
    let heard = stop.clone();
    tokio::spawn(async move {
        for token in [heard.gently, heard.at_once] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            token.cancel();
        }
    });
    Ok(stop)
}
