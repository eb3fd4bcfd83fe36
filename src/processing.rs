//! Processing: finding data in texts, checking and enriching them, and keeping them with where they came from.

pub mod answers;
pub mod batch;
mod batch_store_rows;
pub mod enriching;
pub mod graphql;
pub mod recognise;
pub mod service;

use async_graphql::Enum;
use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::db::types::{JsonValue, Timestamp};
use crate::id::{JobId, ProcessedRecordId, UserId};

pub use batch_store_rows::BatchItem;

/// The most issues that are told of one text.
const MAX_ISSUES: usize = 100;

/// Where a text comes from.
#[derive(
    Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[graphql(name = "ProcessingSource")]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Source {
    /// The content is an AI answer: prose with JSON, a fenced block, a table or `key: value` lines in it.
    Ai,
    /// The content is the data itself: JSON, CSV or `key: value` lines.
    Direct,
    /// The server tells which.
    #[default]
    Auto,
}
crate::db::types::text_enum!(Source {
    Ai = "AI",
    Direct = "DIRECT",
    Auto = "AUTO",
});

/// What was recognised.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Format {
    /// JSON or JSON Lines, also in prose or a fenced block.
    Json,
    /// CSV or TSV.
    Csv,
    /// A Markdown table.
    Table,
    /// Lines of `key: value`.
    KeyValue,
    /// None of these.
    #[default]
    Text,
}
crate::db::types::text_enum!(Format {
    Json = "JSON",
    Csv = "CSV",
    Table = "TABLE",
    KeyValue = "KEY_VALUE",
    Text = "TEXT",
});

/// Something about a text that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Where, as a JSON Pointer into the records; empty for the whole.
    pub path: String,
    /// The JSON Schema keyword that is violated, or what else is wrong.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Issues, no more of them than anybody reads.
#[derive(Debug, Default)]
pub struct Issues {
    /// Those that were found so far.
    pub list: Vec<Issue>,
}

impl Issues {
    /// One more; the first one too many says that there are more.
    pub fn add(&mut self, path: &str, code: &str, message: impl Into<String>) {
        if self.list.len() < MAX_ISSUES {
            self.list.push(Issue {
                path: path.to_owned(),
                code: code.to_owned(),
                message: message.into(),
            });
        } else if self.list.len() == MAX_ISSUES {
            self.list.push(Issue {
                path: String::new(),
                code: "more".to_owned(),
                message: format!("There are more than {MAX_ISSUES} issues."),
            });
        }
    }

    /// How many more are worth finding: one too many says that there are more.
    pub fn room(&self) -> usize {
        (MAX_ISSUES + 1).saturating_sub(self.list.len())
    }
}

/// What somebody wants processed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Input {
    /// Where the text comes from.
    pub source: Source,
    /// The text.
    pub content: String,
    /// The field that holds the main value.
    pub variable_key: String,
    /// What each record must satisfy.
    pub schema: Option<Value>,
    /// Whether enrichers are asked.
    pub enrich: bool,
    /// Which; all of them where there is none.
    pub enrichers: Option<Vec<String>>,
    /// Whether the result is kept.
    pub persist: bool,
    /// The application's own data, kept with the result.
    pub metadata: Option<Value>,
}

impl Input {
    /// A text with the defaults of everything else.
    pub fn new(source: Source, content: String) -> Self {
        Self {
            source,
            content,
            variable_key: "variable".to_owned(),
            schema: None,
            enrich: true,
            enrichers: None,
            persist: true,
            metadata: None,
        }
    }
}

/// What came of a text.
#[derive(Debug, Clone)]
pub struct Processed {
    /// Where the text comes from, as told or as recognised.
    pub source: Source,
    /// What was recognised.
    pub format: Format,
    /// The records.
    pub records: Vec<Value>,
    /// The main value.
    pub variable: Option<Value>,
    /// What is not as it should be.
    pub issues: Vec<Issue>,
    /// What enrichers said, by their names.
    pub enrichment: Option<Value>,
    /// What was kept.
    pub record: Option<ProcessedRecord>,
    /// How long it took.
    pub duration_ms: f64,
}

/// What was recognised in a text, as it is kept.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::processed_records)]
pub struct ProcessedRecord {
    /// Its id.
    pub id: ProcessedRecordId,
    /// Who had it processed.
    pub owner_id: UserId,
    /// The batch that it was part of, as long as that is kept.
    pub job_id: Option<JobId>,
    /// Where the text came from.
    pub source: Source,
    /// What was recognised.
    pub format: Format,
    /// The text itself.
    pub content: String,
    /// The records.
    pub extracted: JsonValue,
    /// What enrichers said.
    pub enrichment: Option<JsonValue>,
    /// The application's own data, with where the record came from under `provenance`.
    pub metadata: JsonValue,
    /// When.
    pub created_at: Timestamp,
}
