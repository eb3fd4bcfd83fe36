//! What people have processed, and what of it they keep; every function here authorises.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::recognise::{self, MAX_LEVELS, MAX_RECORDS, TooLarge};
use super::{Input, Issues, Processed, ProcessedRecord, enriching};
use crate::app::App;
use crate::db::types::{JsonValue, Timestamp};
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::{JobId, ProcessedRecordId, UserId};
use crate::validate::schema::Schema;
use crate::validate::{Checks, json};
use crate::viewer::Viewer;

/// The longest content, in bytes.
pub const MAX_CONTENT: usize = 1024 * 1024;
/// The longest name of a field, in characters.
const MAX_KEY: usize = 200;
/// What the list is sorted by, for its cursors.
const ORDER: &str = "RECORDS";

/// Processes a text, and keeps what came of it where that is asked for. Enrichers are waited for until `due`.
pub async fn process(app: &App, viewer: &Viewer, input: Input, due: Instant) -> Result<Processed> {
    let owner = viewer.require()?.user_id;
    check(app, &input)?;
    let processed = run(app, input, owner, None, due).await?;
    if let Some(record) = processed.record.clone() {
        commit!(app.db, processed_records::create(record))?;
    }
    Ok(processed)
}

/// Checks an input before anything is done with it; paths begin with `input`.
pub fn check(app: &App, input: &Input) -> Result<()> {
    let mut checks = Checks::new();
    let path = ["input", "content"];
    if input.content.len() > MAX_CONTENT {
        let bytes = input.content.len();
        let message = format!("At most {MAX_CONTENT} bytes are processed; this has {bytes}.");
        checks.add(UserErrorCode::TooLarge, path, message);
    } else if input.content.contains('\0') {
        checks.add(UserErrorCode::Invalid, path, "U+0000 is not allowed.");
    } else if input.content.trim().is_empty() {
        checks.add(UserErrorCode::Blank, path, "This must not be blank.");
    }
    checks.line(["input", "variableKey"], &input.variable_key, 1, MAX_KEY);
    if let Some(schema) = &input.schema {
        json::check(&mut checks, ["input", "schema"], schema);
    }
    if let Some(metadata) = &input.metadata {
        json::check(&mut checks, ["input", "metadata"], metadata);
    }
    let known = enriching::names(app);
    let mut named = input.enrichers.iter().flatten();
    if let Some(unknown) = named.find(|name| !known.contains(name)) {
        let unknown: String = unknown.chars().take(50).collect();
        let message = format!(
            "There is no enricher `{unknown}`; there are {}.",
            known.join(", ")
        );
        checks.add(UserErrorCode::Invalid, ["input", "enrichers"], message);
    }
    checks.done()
}

/// Does the work on an input that was checked. What is to be kept is given, and not yet written.
pub(super) async fn run(
    app: &App,
    input: Input,
    owner: UserId,
    job: Option<JobId>,
    due: Instant,
) -> Result<Processed> {
    let began = Instant::now();
    let told = input.clone();
    let work = tokio::task::spawn_blocking(move || digest(&told));
    let mut processed = work.await.map_err(|cause| Error::task_stopped(&cause))??;
    let mut asked = Vec::new();
    if input.enrich {
        let wanted: BTreeSet<String> = match &input.enrichers {
            Some(names) => names.iter().cloned().collect(),
            None => enriching::names(app).into_iter().collect(),
        };
        let (enrichment, issues) = enriching::enrich(app, &wanted, &input, &processed, due).await;
        processed.enrichment = Some(json::without_nul(enrichment));
        processed.issues.extend(issues);
        asked.extend(wanted);
    }
    if input.persist {
        processed.record = Some(ProcessedRecord {
            id: ProcessedRecordId::new(),
            owner_id: owner,
            job_id: job,
            source: processed.source,
            format: processed.format,
            content: input.content,
            extracted: JsonValue(json!({
                "records": processed.records,
                "variable": processed.variable,
                "issues": processed.issues,
            })),
            enrichment: processed.enrichment.clone().map(JsonValue),
            metadata: JsonValue(provenance(input.metadata, &processed, &asked, job)),
            created_at: app.clock.now(),
        });
    }
    processed.duration_ms = began.elapsed().as_secs_f64() * 1_000.0;
    Ok(processed)
}

/// The application's own data, and beside them where the record comes from.
fn provenance(
    metadata: Option<Value>,
    processed: &Processed,
    enrichers: &[String],
    job: Option<JobId>,
) -> Value {
    let provenance = json!({
        "source": processed.source.as_str(),
        "format": processed.format.as_str(),
        "enrichers": enrichers,
        "job": job,
        "version": env!("CARGO_PKG_VERSION"),
    });
    match metadata {
        Some(Value::Object(mut fields)) if !fields.contains_key("provenance") => {
            fields.insert("provenance".to_owned(), provenance);
            Value::Object(fields)
        }
        None | Some(Value::Null) => json!({ "provenance": provenance }),
        Some(other) => json!({ "metadata": other, "provenance": provenance }),
    }
}

/// Checks the schema of an input, which takes a thread some milliseconds.
pub(super) fn check_schema(input: &Input) -> Result<()> {
    read_schema(input).map(|_| ())
}

fn read_schema(input: &Input) -> Result<Option<Schema>> {
    let schema = input.schema.as_ref().filter(|schema| !schema.is_null());
    let invalid = |message| Error::user(UserErrorCode::Invalid, ["input", "schema"], message);
    schema.map(Schema::read).transpose().map_err(invalid)
}

/// What needs nothing but the text: recognising, the main value, the schema.
fn digest(input: &Input) -> Result<Processed> {
    // A schema that is none is told before a text that is none.
    let schema = read_schema(input)?;
    let found = recognise::recognise(&input.content, input.source).map_err(|too_large| {
        let message = match too_large {
            TooLarge::Records => format!("At most {MAX_RECORDS} records are taken from one text."),
            TooLarge::Levels => format!("At most {MAX_LEVELS} levels of nesting are taken."),
        };
        Error::user(UserErrorCode::TooLarge, ["input", "content"], message)
    })?;
    let mut issues = Issues { list: found.issues };
    if let Some(schema) = schema {
        let too_much = |message| Error::user(UserErrorCode::TooLarge, ["input", "schema"], message);
        let violations = schema.check(&found.records, issues.room());
        for violation in violations.map_err(too_much)? {
            issues.add(&violation.path, &violation.keyword, violation.message);
        }
    }
    Ok(Processed {
        source: found.source,
        format: found.format,
        variable: recognise::variable(&found.records, &input.variable_key),
        records: found.records,
        issues: issues.list,
        enrichment: None,
        record: None,
        duration_ms: 0.0,
    })
}

/// A record of the viewer's; administrators see everybody's.
pub async fn find(
    app: &App,
    viewer: &Viewer,
    id: ProcessedRecordId,
) -> Result<Option<ProcessedRecord>> {
    if viewer.is_anonymous() {
        return Ok(None);
    }
    let found = query!(app.db, processed_records::find(id))?;
    Ok(found.filter(|record| viewer.is_admin() || viewer.id() == Some(record.owner_id)))
}

/// A page of the viewer's records, the newest first.
pub async fn list(app: &App, viewer: &Viewer, page: PageArgs) -> Result<Items<ProcessedRecord>> {
    let owner = viewer.require()?.user_id;
    let window = page.window::<(Timestamp, ProcessedRecordId)>(ORDER)?;
    let rows = query!(app.db, processed_records::list(owner, window.clone()))?;
    let slice = Slice::cut(rows, &window)
        .map(|record| (encode(ORDER, &(record.created_at, record.id)), record));
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let app = app.clone();
        async move { query!(app.db, processed_records::count(owner)) }
    }))
}
