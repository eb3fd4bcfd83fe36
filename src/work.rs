//! Background work: which jobs and schedules the slices bring, run by the server itself or by `pluma worker`.

use crate::app::App;
use crate::jobs::worker::Worker;
use crate::{accounts, pages};

/// Runs jobs until the application stops, and then lets those that run finish within the configured grace.
pub async fn run(app: &App) {
    Worker::new(
        app.db.clone(),
        app.events.clone(),
        app.config.jobs.clone(),
        app.shutdown.clone(),
        [pages::jobs::kinds(app), accounts::jobs::kinds(app)].concat(),
        [pages::jobs::schedules(), accounts::jobs::schedules()].concat(),
    )
    .grace(app.config.server.shutdown_grace)
    .run()
    .await;
}
