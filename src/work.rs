//! Background work: which jobs and schedules the slices bring, run by the server itself or by `pluma worker`.

use crate::app::App;

/// Runs jobs until the application stops, and then lets those that run finish within the configured grace.
pub async fn run(app: &App) {
    app.shutdown.cancelled().await;
}
