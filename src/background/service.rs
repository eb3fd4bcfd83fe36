//! What people do with their jobs, and administrators with everybody's; every function here authorises.

use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::JobId;
use crate::jobs::{self, Job, JobFilter, JobStatus};
use crate::logs::Log;
use crate::viewer::Viewer;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "JOBS";
/// How many jobs are read at once where all are looked through.
const BATCH: i64 = 100;

/// Whether the viewer may see a job: its owner and administrators may.
pub(super) fn sees(viewer: &Viewer, job: &Job) -> bool {
    viewer.is_admin() || (job.owner_id.is_some() && job.owner_id == viewer.id())
}

/// A job, if the viewer may see it.
pub async fn find(app: &App, viewer: &Viewer, id: JobId) -> Result<Option<Job>> {
    if viewer.is_anonymous() {
        return Ok(None);
    }
    let job = query!(app.db, jobs::find(id))?;
    Ok(job.filter(|job| sees(viewer, job)))
}

/// A page of jobs, the newest first: everybody's for administrators, their own for others.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    page: PageArgs,
    status: Option<JobStatus>,
) -> Result<Items<Job>> {
    let identity = viewer.require()?;
    let filter = JobFilter {
        owner: (!viewer.is_admin()).then_some(identity.user_id),
        status,
    };
    let window = page.window::<(Timestamp, JobId)>(ORDER)?;
    let rows = query!(app.db, jobs::page(filter, window.clone()))?;
    let slice =
        Slice::cut(rows, &window).map(|job| (encode(ORDER, &(job.created_at, job.id)), job));
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let app = app.clone();
        async move { query!(app.db, jobs::count(filter)) }
    }))
}

/// Cancels a job: one that waits at once, one that runs as soon as it can stop. CONFLICT where it has ended.
pub async fn cancel(app: &App, viewer: &Viewer, id: JobId) -> Result<Job> {
    viewer.require()?;
    let path = ["jobId"];
    let missing = || Error::not_found("job", path);
    find(app, viewer, id).await?.ok_or_else(missing)?;
    let stopping = commit!(app.db, jobs::cancel_alone(id))?;
    app.events.wake(jobs::cancel_topic(id));
    app.events.wake(jobs::progress_topic(id));
    let job = find(app, viewer, id).await?.ok_or_else(missing)?;
    if !stopping {
        return Err(Error::user(
            UserErrorCode::Conflict,
            path,
            format!(
                "The job has ended already: it is {}. There is nothing left to cancel.",
                job.status.as_str()
            ),
        ));
    }
    Ok(job)
}

/// The newest jobs of everybody; for the command line.
pub async fn newest(app: &App, limit: i64) -> Result<Vec<Job>> {
    query!(app.db, jobs::list(None, None, limit))
}

/// The job of that id, whosever it is; for the command line.
pub async fn inspect(app: &App, id: JobId) -> Result<Option<Job>> {
    query!(app.db, jobs::find(id))
}

/// Jobs that were given up, oldest first, of one kind or of all; for the command line.
pub async fn dead(app: &App, kind: Option<&str>) -> Result<Vec<Job>> {
    let mut found = Vec::new();
    let mut after = JobId(uuid::Uuid::nil());
    loop {
        let kind = kind.map(str::to_owned);
        let some = query!(app.db, jobs::dead(kind, after, BATCH))?;
        let Some(last) = some.last() else {
            return Ok(found);
        };
        after = last.id;
        found.extend(some);
    }
}

/// Queues a job again that was given up; gives whether it was one. For the command line.
pub async fn retry(app: &App, job: &Job) -> Result<bool> {
    let log = Log::audit(&Viewer::default(), app.clock.now(), "job.retried", job.id)
        .with(serde_json::json!({ "kind": job.kind, "attempts": job.attempts }));
    let id = job.id;
    let queued = commit!(app.db, jobs::retry(id, log))?;
    app.events.wake(jobs::topic());
    app.events.wake(jobs::progress_topic(id));
    Ok(queued)
}
