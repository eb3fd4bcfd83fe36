//! Processing on the wire.

mod mutations;

pub use mutations::{AiProcessingPayload, ProcessInput, ProcessPayload, ProcessingMutations};

use async_graphql::{Context, Object, SimpleObject};
use serde_json::Value;

use super::{Source, service};
use crate::accounts::graphql::{User, load_user};
use crate::background::graphql::{Job, load_job};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::graphql::paging::PageArgs;
use crate::id::ProcessedRecordId;
use crate::processing;

/// What was found in a text.
pub struct ProcessingResult(pub processing::Processed);

/// What was found in a text.
#[Object]
impl ProcessingResult {
    /// Where the text comes from: as told, or AI or DIRECT as the server recognised.
    async fn source(&self) -> Source {
        self.0.source
    }

    /// JSON, CSV, TABLE, KEY_VALUE or TEXT: what was recognised.
    async fn format(&self) -> &str {
        self.0.format.as_str()
    }

    /// The records, in the order of the text.
    async fn records(&self) -> &[Value] {
        &self.0.records
    }

    /// The main value: what `variableKey` names in a single record, or an array of that of several; null where none has it.
    async fn variable(&self) -> Option<&Value> {
        self.0.variable.as_ref()
    }

    /// What is not as it should be: each violation of the schema, rows of another length, enrichers that failed. At most
    /// about 100.
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn issues(&self) -> Vec<ProcessingIssue> {
        let issues = self.0.issues.iter().cloned();
        let issues = issues.map(|issue| ProcessingIssue {
            path: issue.path,
            message: issue.message,
            code: issue.code,
        });
        issues.collect()
    }

    /// What enrichers said, by their names; `error` under a name where it failed. Null where none was asked.
    async fn enrichment(&self) -> Option<&Value> {
        self.0.enrichment.as_ref()
    }

    /// What was kept; null with `persist: false`.
    async fn record(&self) -> Option<ProcessedRecord> {
        self.0.record.clone().map(ProcessedRecord)
    }

    /// How many milliseconds it took.
    async fn duration_ms(&self) -> f64 {
        self.0.duration_ms
    }
}

/// Something about a text that is not as it should be.
#[derive(SimpleObject)]
pub struct ProcessingIssue {
    /// Where: a JSON Pointer into `records`, as `/0/price`; empty for the whole text.
    path: String,
    /// For people.
    message: String,
    /// The keyword of the schema that is violated, as `required`; or `ragged_row`, `duplicate_header`,
    /// `invalid_line`, `unrecognised`, `unrecognised_lines`, `enricher_failed`, `more`.
    code: String,
}

/// What was found in a text, as it is kept.
#[derive(Clone)]
pub struct ProcessedRecord(pub processing::ProcessedRecord);

/// What was found in a text, as it is kept.
#[Object]
impl ProcessedRecord {
    /// The global id, `record_…`.
    pub async fn id(&self) -> ProcessedRecordId {
        self.0.id
    }

    /// Where the text came from.
    async fn source(&self) -> Source {
        self.0.source
    }

    /// JSON, CSV, TABLE, KEY_VALUE or TEXT: what was recognised.
    async fn format(&self) -> &str {
        self.0.format.as_str()
    }

    /// The text itself.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// What was found: `{ records, variable, issues }`.
    async fn extracted(&self) -> &Value {
        &self.0.extracted.0
    }

    /// What enrichers said, by their names.
    async fn enrichment(&self) -> Option<&Value> {
        self.0.enrichment.as_ref().map(|enrichment| &enrichment.0)
    }

    /// The application's own data, and under `provenance` where the record comes from.
    async fn metadata(&self) -> &Value {
        &self.0.metadata.0
    }

    /// Who had the text processed.
    async fn owner(&self, ctx: &Context<'_>) -> Result<User> {
        let owner = load_user(ctx, self.0.owner_id).await?;
        owner.ok_or_else(|| Error::internal("a record belongs to nobody"))
    }

    /// The batch that it was part of; null for others, and once the job is no longer kept.
    async fn job(&self, ctx: &Context<'_>) -> Result<Option<Job>> {
        match self.0.job_id {
            Some(id) => load_job(ctx, id).await,
            None => Ok(None),
        }
    }

    /// When it was processed.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

connection!(
    ProcessedRecordConnection,
    ProcessedRecordEdge,
    ProcessedRecord,
    "processed records"
);

/// What can be asked about what was processed.
#[derive(Default)]
pub struct ProcessingQueries;

/// What can be asked about what was processed.
#[Object]
impl ProcessingQueries {
    /// The viewer's processed records, the newest first.
    async fn processed_records(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start of the list; 20 where neither this nor `last` is given, at most 100."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what stands before this cursor.")] before: Option<String>,
    ) -> Result<Option<ProcessedRecordConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page).await?;
        let slice = slice.map(|(cursor, row)| (cursor, ProcessedRecord(row)));
        Ok(Some(ProcessedRecordConnection(Items { slice, count })))
    }
}
