//! What can be processed, on the wire.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use serde_json::Value;

use super::ProcessingResult;
use crate::ai::graphql::{AiChatInput, AiCompletion};
use crate::app::ANSWERED;
use crate::background::graphql::{Job, JobPayload};
use crate::error::{Result, UserError};
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::payload::{outcome, payload};
use crate::processing::answers::complete_and_process;
use crate::processing::{self, Source, batch, service};

/// A text to find data in.
#[derive(InputObject)]
pub struct ProcessInput {
    /// Where the text comes from.
    #[graphql(default_with = "Some(Source::Auto)")]
    source: Option<Source>,
    /// The text; at most 1 MiB.
    content: String,
    /// The field that holds the main value, or a JSON Pointer to it, as `/total/net`.
    #[graphql(default_with = "Some(DEFAULT_KEY.to_owned())")]
    variable_key: Option<String>,
    /// JSON Schema that each extracted record must satisfy. References stay within it: nothing is fetched.
    schema: Option<Value>,
    /// Whether to enrich what was found.
    #[graphql(default_with = "Some(true)")]
    enrich: Option<bool>,
    /// Names of configured enrichers, and of `builtin` (language, counts, sentiment) and `legislation` (the bills that
    /// are named); all of them where it is omitted.
    enrichers: Option<Vec<String>>,
    /// Whether to keep what was found.
    #[graphql(default_with = "Some(true)")]
    persist: Option<bool>,
    /// The application's own data, kept with the record: any JSON of at most 64 KiB.
    metadata: Option<Value>,
}

const DEFAULT_KEY: &str = "variable";

impl From<ProcessInput> for processing::Input {
    fn from(input: ProcessInput) -> Self {
        Self {
            source: input.source.unwrap_or_default(),
            content: input.content,
            variable_key: input.variable_key.unwrap_or_else(|| DEFAULT_KEY.to_owned()),
            schema: input.schema,
            enrich: input.enrich.unwrap_or(true),
            enrichers: input.enrichers,
            persist: input.persist.unwrap_or(true),
            metadata: input.metadata,
        }
    }
}

payload! {
    /// What processing a text gives.
    ProcessPayload {
        /// What was found.
        result: ProcessingResult
    }
}

/// What asking the AI and processing its answer gives.
#[derive(SimpleObject)]
pub struct AiProcessingPayload {
    /// The answer.
    completion: Option<AiCompletion>,
    /// What was found in it; null where that was not asked for, or the answer is empty.
    result: Option<ProcessingResult>,
    /// What to correct; where it holds anything, the other fields are null.
    errors: Vec<UserError>,
}

/// What can be processed.
#[derive(Default)]
pub struct ProcessingMutations;

/// What can be processed.
#[Object]
impl ProcessingMutations {
    /// Finds data in a text: JSON (also in prose or a fenced block), JSON Lines, CSV or TSV, a Markdown table, `key: value`
    /// lines. Checks the records against a schema, enriches them, and keeps them.
    #[graphql(directive = cost::apply(50))]
    async fn process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to process, and how.")] input: ProcessInput,
    ) -> Result<Option<ProcessPayload>> {
        let app = ctx.app()?;
        let due = app.due(ANSWERED);
        let result = service::process(app, ctx.viewer()?, input.into(), due).await;
        ProcessPayload::of(result.map(ProcessingResult)).map(Some)
    }

    /// Processes up to 100 texts in the background, at most 4 MiB together; follow the job with `jobProgress`. Its
    /// `result` lists what came of each, in their order, also where the rest was cancelled; what is persisted is in
    /// `processedRecords`.
    #[graphql(directive = cost::apply(200))]
    async fn process_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The texts. One that is wrong refuses the whole batch, and is named by its place."
        )]
        inputs: Vec<ProcessInput>,
    ) -> Result<Option<JobPayload>> {
        let inputs = inputs.into_iter().map(Into::into).collect();
        let result = batch::start(ctx.app()?, ctx.viewer()?, inputs).await;
        JobPayload::of(result.map(Job)).map(Some)
    }

    /// Asks the AI one question, as `aiChat` does, and processes the answer, as `process` does with the source AI.
    #[graphql(directive = cost::apply(150))]
    async fn ai_complete_and_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to ask.")] input: AiChatInput,
        #[graphql(desc = "Whether to process the answer.", default_with = "Some(true)")]
        process_result: Option<bool>,
        #[graphql(desc = "JSON Schema that each record in the answer must satisfy.")]
        schema: Option<Value>,
    ) -> Result<Option<AiProcessingPayload>> {
        let process = process_result.unwrap_or(true);
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = complete_and_process(app, viewer, input.read(), process, schema).await;
        let (found, errors) = outcome(result)?;
        let (completion, result) = found.unzip();
        Ok(Some(AiProcessingPayload {
            completion: completion.map(AiCompletion),
            result: result.flatten().map(ProcessingResult),
            errors,
        }))
    }
}
