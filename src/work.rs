//! Background work: which jobs, schedules and loops the slices bring, run by the server itself or by `pluma worker`.

use crate::app::App;
use crate::jobs::worker::Worker;
use crate::{
    accounts, datasets, idempotency, logs, media, models, pages, predictions, processing, search,
};

/// Runs jobs and seals the log until the application stops, and then lets those that run finish within the configured grace.
pub async fn run(app: &App) {
    let kinds = [
        accounts::jobs::kinds(app),
        datasets::sweeping::kinds(app),
        models::sweeping::kinds(app),
        models::training::kinds(app),
        predictions::running::kinds(app),
        predictions::settling::kinds(app),
        predictions::watching::kinds(app),
        idempotency::jobs::kinds(app),
        logs::sealing::kinds(app),
        media::jobs::kinds(app),
        pages::jobs::kinds(app),
        search::jobs::kinds(app),
        processing::batch::kinds(app),
    ];
    let schedules = [
        accounts::jobs::schedules(),
        datasets::sweeping::schedules(),
        models::sweeping::schedules(),
        predictions::settling::schedules(),
        predictions::watching::schedules(),
        idempotency::jobs::schedules(),
        logs::sealing::schedules(),
        media::jobs::schedules(),
        pages::jobs::schedules(),
        search::jobs::schedules(),
    ];
    let worker = Worker::new(
        app.db.clone(),
        app.events.clone(),
        app.config.jobs.clone(),
        app.shutdown.clone(),
        kinds.concat(),
        schedules.concat(),
    )
    .grace(app.config.server.shutdown_grace);
    // Sealing goes on until the last job has written its entry.
    let working = async {
        worker.run().await;
        if let Err(error) = logs::sealing::seal(app).await {
            tracing::warn!(%error, "the last entries of the log are sealed at the next start");
        }
    };
    tokio::join!(working, logs::sealing::run(app));
}
