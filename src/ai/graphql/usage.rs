//! Providers, their models, and what was used of them, on the wire.

use async_graphql::{ID, Object, SimpleObject};

use super::completion::{TokenUsage, whole};
use crate::ai::budget::UsageReport;
use crate::ai::{ModelUsage, Usage, named};
use crate::db::types::Timestamp;
use crate::remote::ai::{Model, Status};

/// A model of the AI.
#[derive(SimpleObject)]
pub struct AiModel {
    /// `provider/name`: what to pass as `model`.
    id: ID,
    /// What the provider calls it.
    name: String,
    /// Whose it is to ask, as the configuration calls it.
    provider: String,
    /// Who made it, where the provider says so.
    owned_by: Option<String>,
    /// How many tokens prompt and answer may have together, where the provider says so.
    context_window: Option<u32>,
}

impl AiModel {
    /// A model of a provider.
    pub fn of((provider, model): (String, Model)) -> Self {
        Self {
            id: ID(named(&provider, &model.name)),
            name: model.name,
            provider,
            owned_by: model.owned_by,
            context_window: model.context_window,
        }
    }
}

/// How the AI provider is that is asked first.
#[derive(SimpleObject)]
pub struct AiStatus {
    /// Its name in the configuration; empty where there is none.
    provider: String,
    /// Whether it answers.
    available: bool,
    /// The model that is asked unless a request names one; null where there is no provider.
    default_model: Option<String>,
    /// How long it took to say what models it has, in milliseconds.
    latency_ms: Option<f64>,
    /// Why it does not answer.
    error: Option<String>,
}

impl AiStatus {
    /// Of the provider, if there is one.
    pub fn of(status: Option<Status>) -> Self {
        let Some(status) = status else {
            return Self {
                provider: String::new(),
                available: false,
                default_model: None,
                latency_ms: None,
                error: Some("No AI provider is configured: set PLUMA_AI_PROVIDERS.".to_owned()),
            };
        };
        let (latency, error) = match status.latency {
            Ok(latency) => (Some(latency.as_secs_f64() * 1_000.0), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            available: error.is_none(),
            provider: status.provider,
            default_model: Some(status.model),
            latency_ms: latency,
            error,
        }
    }
}

/// What a user's AI answers have used.
pub struct AiUsage(pub UsageReport);

/// What a user's AI answers have used.
#[Object]
impl AiUsage {
    /// From then on.
    async fn from(&self) -> Timestamp {
        self.0.from
    }

    /// Until then.
    async fn to(&self) -> Timestamp {
        self.0.to
    }

    /// How often a provider was asked.
    async fn requests(&self) -> i32 {
        whole(self.0.models.iter().map(|model| model.requests).sum())
    }

    /// How often that brought no whole answer.
    async fn failures(&self) -> i32 {
        whole(self.0.models.iter().map(|model| model.failures).sum())
    }

    /// Everything that was used.
    async fn usage(&self) -> TokenUsage {
        let mut sum = Usage::default();
        self.0.models.iter().for_each(|model| sum += model.usage);
        TokenUsage(sum)
    }

    /// The same by model, the most asked one first.
    #[graphql(directive = crate::graphql::cost::list_size::apply(Some(10), None))]
    async fn by_model(&self) -> Vec<AiModelUsage> {
        self.0
            .models
            .iter()
            .cloned()
            .map(AiModelUsage::of)
            .collect()
    }

    /// What is left of the day; null where it has no bound.
    async fn budget(&self) -> Option<AiBudget> {
        self.0.budget.map(|budget| AiBudget {
            limit: whole(budget.limit),
            remaining: whole(budget.remaining),
            reset_at: budget.reset_at,
        })
    }
}

/// What was used of one model.
#[derive(SimpleObject)]
pub struct AiModelUsage {
    /// `provider/name`.
    model: String,
    /// How often it was asked.
    requests: i32,
    /// What that used.
    usage: TokenUsage,
}

impl AiModelUsage {
    fn of(model: ModelUsage) -> Self {
        Self {
            model: model.model,
            requests: whole(model.requests),
            usage: TokenUsage(model.usage),
        }
    }
}

/// What is left of a daily budget of tokens.
#[derive(SimpleObject)]
pub struct AiBudget {
    /// Tokens a day, prompts and answers together.
    limit: i32,
    /// Tokens that are left, without those that running answers may still use.
    remaining: i32,
    /// When the next day begins.
    reset_at: Timestamp,
}
