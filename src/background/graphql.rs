//! Jobs on the wire.

use async_graphql::{Context, Object, Subscription};
use futures_util::{Stream, StreamExt};
use serde_json::Value;

use super::loaders::Loaders;
use super::{live, service};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::node::AnyNode;
use crate::graphql::paging::PageArgs;
use crate::graphql::payload::payload;
use crate::id::JobId;
use crate::jobs::{self, JobStatus};

/// What went wrong inside, for those who cannot do anything about it.
const MASKED: &str =
    "It failed inside of the server. Administrators find the cause under the job's id.";

/// Background work: training, batch processing, long forecasts, clean-up.
#[derive(Clone)]
pub struct Job(pub jobs::Job);

/// Background work: training, batch processing, long forecasts, clean-up.
#[Object]
impl Job {
    /// The global id, `job_…`.
    pub async fn id(&self) -> JobId {
        self.0.id
    }

    /// What is done, as `processing.batch`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// What it works on; null where it works on nothing in particular, or on what the viewer may not see.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<AnyNode>> {
        match &self.0.subject_id {
            Some(id) => AnyNode::find(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Whether it waits, runs, or how it ended.
    async fn status(&self) -> JobStatus {
        self.0.status
    }

    /// How far it is, from 0 to 1.
    async fn progress(&self) -> f64 {
        self.0.progress
    }

    /// What it is doing, in words.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// How often it was begun; what fails for a moment is tried again.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// What came out of it, in a form that depends on `kind`; null until it has succeeded. Of a batch that failed or was
    /// cancelled it is what was done before.
    async fn result(&self) -> Option<&Value> {
        self.0.result.as_ref().map(|result| &result.0)
    }

    /// Why it failed, or why its last attempt did; administrators read the cause itself.
    async fn error(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let admin = ctx.viewer()?.is_admin();
        let cause = self.0.error.as_deref();
        if self.0.status == JobStatus::Cancelled && !admin {
            return Ok(None);
        }
        Ok(match (cause, &self.0.user_error) {
            (Some(cause), _) if admin => Some(cause.to_owned()),
            (_, Some(message)) => Some(message.clone()),
            (Some(_), None) => Some(MASKED.to_owned()),
            (None, None) => None,
        })
    }

    /// When it was asked for.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// When its last attempt began.
    async fn started_at(&self) -> Option<Timestamp> {
        self.0.started_at
    }

    /// When it ended, however it did.
    async fn finished_at(&self) -> Option<Timestamp> {
        self.0.finished_at
    }
}

/// The job of that id, if the viewer may see it.
pub async fn load_job(ctx: &Context<'_>, id: JobId) -> Result<Option<Job>> {
    let found = ctx.loaders::<Loaders>()?.jobs.load(id).await?;
    Ok(found.map(Job))
}

connection!(JobConnection, JobEdge, Job, "jobs");

payload! {
    /// What starting or cancelling background work gives.
    JobPayload {
        /// The job as it is now.
        job: Job
    }
}

/// What can be asked about jobs.
#[derive(Default)]
pub struct JobQueries;

/// What can be asked about jobs.
#[Object]
impl JobQueries {
    /// Background work, the newest first: everybody's for administrators, their own for others. Jobs that have
    /// ended are kept for a week, failed ones for a month.
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start of the list; 20 where neither this nor `last` is given, at most 100."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what stands before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only jobs that are there; all of them where it is omitted.")]
        status: Option<JobStatus>,
    ) -> Result<Option<JobConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page, status).await?;
        let slice = slice.map(|(cursor, job)| (cursor, Job(job)));
        Ok(Some(JobConnection(Items { slice, count })))
    }

    /// One job; null where there is none, or none that the viewer may see.
    async fn job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's id.")] id: JobId,
    ) -> Result<Option<Job>> {
        let found = service::find(ctx.app()?, ctx.viewer()?, id).await?;
        Ok(found.map(Job))
    }
}

/// What can be changed about jobs.
#[derive(Default)]
pub struct JobMutations;

/// What can be changed about jobs.
#[Object]
impl JobMutations {
    /// Cancels a job: one that waits is CANCELLED at once, one that runs stops as soon as it can. CONFLICT where it
    /// has ended already.
    async fn cancel_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job; one's own, for administrators any.")] job_id: JobId,
    ) -> Result<Option<JobPayload>> {
        let result = service::cancel(ctx.app()?, ctx.viewer()?, job_id).await;
        JobPayload::of(result.map(Job)).map(Some)
    }
}

/// What can be watched about jobs.
#[derive(Default)]
pub struct JobSubscriptions;

/// What can be watched about jobs.
#[Subscription]
impl JobSubscriptions {
    /// A job: its state now, each change, and its end, with which the stream completes.
    async fn job_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job; one's own, for administrators any.")] job_id: JobId,
    ) -> Result<impl Stream<Item = Result<Job>>> {
        let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?.clone());
        let states = live::progress(app, viewer, job_id).await?;
        Ok(states.map(|state| state.map(Job)))
    }
}
