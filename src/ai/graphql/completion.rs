//! Answers on the wire.

use async_graphql::Object;
use serde_json::Value;

use crate::ai::answer::FinishReason;
use crate::ai::{Completion, Usage};
use crate::graphql::payload::payload;

/// Tokens that were used.
pub struct TokenUsage(pub Usage);

/// Tokens that were used.
#[Object]
impl TokenUsage {
    /// Those of prompts.
    async fn prompt_tokens(&self) -> i32 {
        whole(self.0.prompt)
    }

    /// Those of answers.
    async fn completion_tokens(&self) -> i32 {
        whole(self.0.completion)
    }

    /// All of them.
    async fn total_tokens(&self) -> i32 {
        whole(self.0.prompt.saturating_add(self.0.completion))
    }

    /// The provider gave no figure, at least of one of the attempts.
    async fn estimated(&self) -> bool {
        self.0.estimated
    }
}

/// As GraphQL's integers go no further.
pub(super) fn whole(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// An answer of the AI.
pub struct AiCompletion(pub Completion);

/// An answer of the AI.
#[Object]
impl AiCompletion {
    /// What was answered, as it came.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// Parsed content, for the JSON formats.
    async fn json(&self) -> Option<&Value> {
        self.0.json.as_ref()
    }

    /// `provider/name` of the model that answered; `echo` for the one that only repeats what it is asked.
    async fn model(&self) -> &str {
        &self.0.model
    }

    /// Why the answer ended.
    async fn finish_reason(&self) -> FinishReason {
        self.0.finish.into()
    }

    /// What all attempts used together.
    async fn usage(&self) -> Option<TokenUsage> {
        Some(TokenUsage(self.0.usage))
    }

    /// How often a provider was asked, once where all went well.
    async fn attempts(&self) -> i32 {
        i32::try_from(self.0.attempts).unwrap_or(i32::MAX)
    }

    /// How long it all took, in milliseconds.
    async fn latency_ms(&self) -> f64 {
        self.0.latency_ms
    }
}

payload! {
    /// What asking the AI gives.
    AiCompletionPayload {
        /// The answer.
        completion: AiCompletion
    }
}
