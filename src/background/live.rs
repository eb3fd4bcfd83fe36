//! A job as it goes on: its state now, each change, and its end.

use std::time::Duration;

use async_stream::try_stream;
use futures_util::Stream;

use super::service;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::JobId;
use crate::jobs::{Job, progress_topic};
use crate::viewer::Viewer;

/// How long a subscriber waits for a call before looking by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The job now, after each change, and when it has ended; then the stream ends, as it does with the right to see it.
pub async fn progress(
    app: App,
    viewer: Viewer,
    id: JobId,
) -> Result<impl Stream<Item = Result<Job>> + Send> {
    viewer.require()?;
    // Listening before the first look: nothing that happens in between is missed.
    let mut listener = app.events.listen(progress_topic(id));
    let first = service::find(&app, &viewer, id)
        .await?
        .ok_or_else(|| Error::not_found("job", ["jobId"]))?;
    Ok(try_stream! {
        let mut told = shown(&first);
        let mut ended = first.finished_at.is_some();
        yield first;
        while !ended {
            listener.heard(LOOK_AGAIN).await;
            let Some(job) = service::find(&app, &viewer, id).await? else {
                break;
            };
            ended = job.finished_at.is_some();
            let now = shown(&job);
            if now != told {
                told = now;
                yield job;
            }
        }
    })
}

/// What of a job a client can see change.
fn shown(job: &Job) -> impl PartialEq + Send + use<> {
    (
        job.status,
        job.progress.to_bits(),
        job.message.clone(),
        job.attempts,
        job.cancel_requested_at,
        job.finished_at,
    )
}
