//! Background work: which jobs, schedules and loops the slices bring, run by the server itself or by `pluma worker`.

use crate::app::App;
use crate::jobs::worker::Worker;
use crate::{
    accounts, ai, config, datasets, idempotency, logs, media, models, pages, predictions,
    processing, search,
};

/// Runs jobs, writes answers and seals the log until the application stops, and then lets those that run finish within the configured grace.
pub async fn run(app: &App) {
    let kinds = [
        accounts::jobs::kinds(app),
        ai::tending::kinds(app),
        datasets::sweeping::kinds(app),
        models::sweeping::kinds(app),
        predictions::settling::kinds(app),
        predictions::trimming::kinds(app),
        predictions::watching::kinds(app),
        idempotency::jobs::kinds(app),
        logs::sealing::kinds(app),
        media::jobs::kinds(app),
        pages::jobs::kinds(app),
        search::jobs::kinds(app),
    ];
    let schedules = [
        accounts::jobs::schedules(),
        ai::tending::schedules(),
        datasets::sweeping::schedules(),
        models::sweeping::schedules(),
        predictions::settling::schedules(),
        predictions::trimming::schedules(),
        predictions::watching::schedules(),
        idempotency::jobs::schedules(),
        logs::sealing::schedules(),
        media::jobs::schedules(),
        pages::jobs::schedules(),
        search::jobs::schedules(),
    ];
    let worker = |config, kinds, schedules| {
        let (db, events) = (app.db.clone(), app.events.clone());
        Worker::new(db, events, config, app.shutdown.clone(), kinds, schedules)
            .grace(app.config.server.shutdown_grace)
    };
    let jobs = worker(app.config.jobs.clone(), kinds.concat(), schedules.concat());
    // Answers wait for their provider for minutes: beside other jobs a few of them would hold up everything.
    let concurrency = app.config.ai.streams;
    let config = config::Jobs {
        concurrency,
        ..app.config.jobs.clone()
    };
    let answers = worker(config, ai::writing::kinds(app), Vec::new());
    // Trainings hold a core for hours, and letters are not to wait for them.
    let config = config::Jobs {
        concurrency: app.config.models.trainers,
        ..app.config.jobs.clone()
    };
    let kinds = [
        models::training::kinds(app),
        predictions::running::kinds(app),
    ];
    let trainings = worker(config, kinds.concat(), Vec::new());
    // Batches wait for services that may be slow, an hour of them each.
    let config = config::Jobs {
        concurrency: app.config.processing.batches,
        ..app.config.jobs.clone()
    };
    let batches = worker(config, processing::batch::kinds(app), Vec::new());
    // Sealing goes on until the last job has written its entry.
    let working = async {
        tokio::join!(
            jobs.run(),
            answers.run(),
            trainings.run(),
            batches.run(),
            ai::tending::tend(app)
        );
        if let Err(error) = logs::sealing::seal(app).await {
            tracing::warn!(%error, "the last entries of the log are sealed at the next start");
        }
    };
    tokio::join!(working, logs::sealing::run(app));
}
