//! Answers of an AI on the wire.

mod completion;
mod input;
mod stream;
mod usage;

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};

use crate::ai::{budget, service};
use crate::app::ANSWERED;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::{cost, list_size};
use crate::graphql::times;
use crate::id::UserId;

pub use completion::{AiCompletion, AiCompletionPayload, TokenUsage};
pub use input::{AiChatInput, AiCompleteInput, AiMessageInput, AiOptionsInput, ResponseFormat};
pub use stream::{
    AiSubscriptions, CompletionDelta, CompletionEvent, CompletionFailed, CompletionFinished,
};
pub use usage::{AiBudget, AiModel, AiModelUsage, AiStatus, AiUsage};

/// What can be asked about the AI.
#[derive(Default)]
pub struct AiQueries;

/// What can be asked about the AI.
#[Object]
impl AiQueries {
    /// How the AI provider is that is asked first, as it was within the last five seconds. For signed-in viewers.
    #[graphql(directive = cost::apply(20))]
    async fn ai_status(&self, ctx: &Context<'_>) -> Result<Option<AiStatus>> {
        let status = service::status(ctx.app()?, ctx.viewer()?).await?;
        Ok(Some(AiStatus::of(status)))
    }

    /// The models of all configured providers, as they list them; of one that does not, its default. For signed-in
    /// viewers.
    #[graphql(directive = cost::apply(20), directive = list_size::apply(Some(100), None))]
    async fn ai_models(&self, ctx: &Context<'_>) -> Result<Option<Vec<AiModel>>> {
        let models = service::models(ctx.app()?, ctx.viewer()?).await?;
        Ok(Some(models.into_iter().map(AiModel::of).collect()))
    }

    /// What the viewer's AI answers have used, failed and stopped ones among them.
    async fn ai_usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From then on; thirty days before `to` where it is omitted.")]
        from: Option<DateTime<Utc>>,
        #[graphql(desc = "Until then; until now where it is omitted.")] to: Option<DateTime<Utc>>,
        #[graphql(desc = "Whose; administrators may ask for others'.")] user_id: Option<UserId>,
    ) -> Result<Option<AiUsage>> {
        let report = budget::usage(
            ctx.app()?,
            ctx.viewer()?,
            times::read("from", from)?,
            times::read("to", to)?,
            user_id,
        )
        .await?;
        Ok(Some(AiUsage(report)))
    }
}

/// What can be asked of the AI.
#[derive(Default)]
pub struct AiMutations;

/// What can be asked of the AI.
#[Object]
impl AiMutations {
    /// Asks the AI one question and waits for the whole answer. Both messages are templates: `{name}` stands for a
    /// value of `variables`, and `{{` and `}}` for braces.
    #[graphql(directive = cost::apply(100))]
    async fn ai_chat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to ask.")] input: AiChatInput,
    ) -> Result<Option<AiCompletionPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        viewer.require()?;
        let result = async {
            let ask = input.read().check(app).await?;
            service::complete(app, viewer, ask, "aiChat", app.due(ANSWERED)).await
        };
        AiCompletionPayload::of(result.await.map(AiCompletion)).map(Some)
    }

    /// Has the AI continue a conversation and waits for the whole answer. The messages are templates where
    /// `variables` are given, and taken as they are otherwise.
    #[graphql(directive = cost::apply(100))]
    async fn ai_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to continue.")] input: AiCompleteInput,
    ) -> Result<Option<AiCompletionPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        viewer.require()?;
        let result = async {
            let ask = input.read().check(app).await?;
            service::complete(app, viewer, ask, "aiComplete", app.due(ANSWERED)).await
        };
        AiCompletionPayload::of(result.await.map(AiCompletion)).map(Some)
    }
}
