//! Batches: up to a hundred texts as one job, each processed once however often its worker dies.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Input, Processed, service};
use crate::app::App;
use crate::db::types::JsonValue;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::jobs::worker::{Kind, Run};
use crate::jobs::{Job, NewJob};
use crate::viewer::Viewer;

/// The kind of the jobs.
pub const KIND: &str = "processing.batch";
/// The most texts of a batch.
pub const MAX_ITEMS: usize = 100;
/// How many bytes of content a batch may have.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How long an attempt at a batch may take: enrichers have their own limits, and there are a hundred items.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How long the enrichers of an item are waited for.
const ITEM: Duration = Duration::from_secs(120);
/// How often a batch is begun: what its worker dies of will not go away.
const ATTEMPTS: i32 = 5;
/// The longest records that are kept in the job of what is not persisted, in bytes.
const MAX_KEPT: usize = 64 * 1024;

/// The kinds of jobs that processing brings.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(KIND, LONGEST, move |run| {
        let app = app.clone();
        async move { work(&app, run).await }
    })]
}

/// Checks a batch and queues it. Errors name the input: `inputs`, its place, and what is wrong with it.
pub async fn start(app: &App, viewer: &Viewer, inputs: Vec<Input>) -> Result<Job> {
    let owner = viewer.require()?.user_id;
    let at_all = |code, message: String| Error::user(code, ["inputs"], message);
    if inputs.is_empty() {
        let message = "A batch has at least one input.".to_owned();
        return Err(at_all(UserErrorCode::TooShort, message));
    }
    if inputs.len() > MAX_ITEMS {
        let message = format!(
            "A batch has at most {MAX_ITEMS} inputs; this has {}.",
            inputs.len()
        );
        return Err(at_all(UserErrorCode::TooLong, message));
    }
    let bytes: usize = inputs.iter().map(|input| input.content.len()).sum();
    if bytes > MAX_BYTES {
        let message =
            format!("A batch has at most {MAX_BYTES} bytes of content; this has {bytes}.");
        return Err(at_all(UserErrorCode::TooLarge, message));
    }
    let checked = app.clone();
    let work = tokio::task::spawn_blocking(move || check(&checked, &inputs).map(|()| inputs));
    let inputs = work.await.map_err(|cause| Error::task_stopped(&cause))??;
    let rows: Result<Vec<JsonValue>> = inputs.iter().map(row).collect();
    let job = NewJob::new(KIND, json!({ "items": inputs.len() }), app.clock.now())
        .owned_by(owner)
        .max_attempts(ATTEMPTS);
    let rows = rows?;
    let most = i64::from(app.config.processing.unfinished);
    let id = commit!(app.db, batches::create(job, rows, most))?;
    let id = id.ok_or_else(|| {
        let message = format!(
            "{most} batches of yours wait or run, which is as many as there may be: wait for one, or cancel it."
        );
        at_all(UserErrorCode::LimitReached, message)
    })?;
    app.events.wake(crate::jobs::topic());
    query!(app.db, jobs::find(id))?.ok_or_else(|| Error::internal("a new job is gone"))
}

fn row(input: &Input) -> Result<JsonValue> {
    serde_json::to_value(input)
        .map(JsonValue)
        .map_err(Error::caused_by)
}

fn check(app: &App, inputs: &[Input]) -> Result<()> {
    let mut found: Vec<UserError> = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let outcome = service::check(app, input).and_then(|()| service::check_schema(input));
        match outcome {
            Ok(()) => {}
            Err(Error::User(errors)) => found.extend(errors.into_iter().map(|mut error| {
                error
                    .path
                    .splice(..1, ["inputs".to_owned(), index.to_string()]);
                error
            })),
            Err(error) => return Err(error),
        }
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(Error::User(found)),
    }
}

async fn work(app: &App, run: Run) -> Result<Value> {
    let job = run.job.id;
    let owner = run
        .job
        .owner_id
        .ok_or_else(|| Error::internal("a batch belongs to nobody"))?;
    let items = run.job.payload.0["items"].as_u64().unwrap_or(1).max(1);
    while let Some(item) = query!(app.db, batches::next(job))? {
        if run.cancelled().is_cancelled() {
            return Err(Error::internal("stopped on request"));
        }
        let input = item
            .input
            .map(|input| serde_json::from_value::<Input>(input.0));
        let input = input
            .ok_or_else(|| Error::internal("an item of a batch has no input"))?
            .map_err(Error::caused_by)?;
        let due = Instant::now() + ITEM;
        let processing = service::run(app, input, owner, Some(job), due);
        // Waiting for an enricher ends with the job.
        let processed = tokio::select! {
            processed = processing => processed,
            () = run.cancelled().cancelled() => return Err(Error::internal("stopped on request")),
        };
        let (outcome, record) = match processed {
            Ok(processed) => (succeeded(item.number, &processed), processed.record),
            Err(Error::User(errors)) => (failed(item.number, &errors), None),
            Err(error) => {
                tracing::error!(%error, job.id = %job, item = item.number, "an item of a batch failed");
                let message = "It failed inside of the server.";
                let error = UserError::new(UserErrorCode::Interrupted, ["input"], message);
                (failed(item.number, &[error]), None)
            }
        };
        let (lease, number) = (run.lease(), item.number);
        let outcome = JsonValue(outcome);
        commit!(app.db, batches::finish_item(lease, number, outcome, record))?;
        let done = f64::from(number) + 1.0;
        let message = format!("{done} of {items}");
        run.progress(done / items as f64, &message).await?;
    }
    let outcomes = query!(app.db, batches::outcomes(job))?;
    let outcomes: Vec<Value> = outcomes.into_iter().map(|outcome| outcome.0).collect();
    let failed = outcomes.iter().filter(|item| item["ok"] == false).count();
    Ok(json!({
        "succeeded": outcomes.len() - failed,
        "failed": failed,
        "items": outcomes,
    }))
}

fn succeeded(index: i32, processed: &Processed) -> Value {
    let kept = |value: Value| {
        let bytes = serde_json::to_vec(&value).map_or(usize::MAX, |bytes| bytes.len());
        (bytes <= MAX_KEPT).then_some(value)
    };
    // What is persisted stands in its record.
    let records = match processed.record {
        Some(_) => None,
        None => kept(Value::Array(processed.records.clone())),
    };
    json!({
        "index": index,
        "ok": true,
        "source": processed.source.as_str(),
        "format": processed.format.as_str(),
        "recordCount": processed.records.len(),
        "records": records,
        "variable": processed.variable.clone().and_then(kept),
        "issues": processed.issues,
        "enrichment": processed.enrichment.clone().and_then(kept),
        "recordId": processed.record.as_ref().map(|record| record.id),
        "errors": [],
    })
}

fn failed(index: i32, errors: &[UserError]) -> Value {
    let errors = errors.iter().map(|error| {
        let code = code_name(error.code);
        json!({ "code": code, "message": error.message, "path": error.path })
    });
    json!({ "index": index, "ok": false, "errors": errors.collect::<Vec<_>>() })
}

/// The code as clients see it elsewhere.
fn code_name(code: UserErrorCode) -> String {
    async_graphql::resolver_utils::enum_value(code).to_string()
}
