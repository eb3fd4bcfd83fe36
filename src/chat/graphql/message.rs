//! A message of a conversation on the wire.

use async_graphql::{Context, Object};

use super::Chat;
use crate::ai::MessageRole;
use crate::ai::answer::{Answer, AnswerStatus, FinishReason};
use crate::ai::graphql::TokenUsage;
use crate::ai::loaders::Loaders as Answers;
use crate::chat;
use crate::chat::loaders::Loaders;
use crate::chat::messages::MOST_ALTERNATIVES;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::connection;
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::id::MessageId;

/// Something that was said in a chat.
#[derive(Clone)]
pub struct ChatMessage(pub chat::ChatMessage);

impl ChatMessage {
    async fn answer(&self, ctx: &Context<'_>) -> Result<Option<Answer>> {
        match self.0.answer_id {
            Some(id) => ctx.loaders::<Answers>()?.answers.load(id).await,
            None => Ok(None),
        }
    }
}

/// Something that was said in a chat.
#[Object]
impl ChatMessage {
    /// The global id, `message_…`.
    pub async fn id(&self) -> MessageId {
        self.0.id
    }

    /// The conversation.
    async fn chat(&self, ctx: &Context<'_>) -> Result<Chat> {
        let chat = ctx.loaders::<Loaders>()?.chats.load(self.0.chat_id).await?;
        chat.map(Chat)
            .ok_or_else(|| Error::internal("a message is of no chat"))
    }

    /// Who says it.
    async fn role(&self) -> MessageRole {
        self.0.role
    }

    /// What is said; of an answer that is being written, what has arrived.
    async fn content(&self, ctx: &Context<'_>) -> Result<String> {
        match self.0.answer_id {
            Some(id) => {
                let text = ctx.loaders::<Answers>()?.texts.load(id).await?;
                Ok(text.unwrap_or_default())
            }
            None => Ok(self.0.content.clone()),
        }
    }

    /// Whether it is complete, being written, or how it ended otherwise.
    async fn status(&self, ctx: &Context<'_>) -> Result<AnswerStatus> {
        let answer = self.answer(ctx).await?;
        Ok(answer.map_or(AnswerStatus::Complete, |answer| answer.status))
    }

    /// `provider/name` of the model that answered; null of what people say, and until it is known.
    async fn model(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.answer(ctx).await?.and_then(|answer| answer.model))
    }

    /// Why the answer ended; null of what people say, and until then.
    async fn finish_reason(&self, ctx: &Context<'_>) -> Result<Option<FinishReason>> {
        let answer = self.answer(ctx).await?;
        Ok(answer.and_then(|answer| answer.finish_reason))
    }

    /// What the answer used; null of what people say, and until it has ended.
    async fn usage(&self, ctx: &Context<'_>) -> Result<Option<TokenUsage>> {
        let answer = self.answer(ctx).await?;
        Ok(answer.and_then(|answer| answer.usage()).map(TokenUsage))
    }

    /// What went wrong, in words.
    async fn error(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.answer(ctx).await?.and_then(|answer| answer.error))
    }

    /// The message this one answers or continues; null of the first one.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<ChatMessage>> {
        match self.0.parent_id {
            Some(id) => {
                let parent = ctx.loaders::<Loaders>()?.messages.load(id).await?;
                Ok(parent.map(ChatMessage))
            }
            None => Ok(None),
        }
    }

    /// What else stands at the same place, oldest first: other answers to the same message, or what else was said after
    /// the same answer. At most thirty.
    #[graphql(directive = list_size::apply(Some(MOST_ALTERNATIVES), None))]
    async fn alternatives(&self, ctx: &Context<'_>) -> Result<Vec<ChatMessage>> {
        let Some(parent) = self.0.parent_id else {
            return Ok(Vec::new());
        };
        let replies = ctx.loaders::<Loaders>()?.replies.load(parent).await?;
        let others = replies.unwrap_or_default().into_iter();
        let others = others.filter(|reply| reply.id != self.0.id && reply.role == self.0.role);
        Ok(others.map(ChatMessage).collect())
    }

    /// When it was said; of an answer, when it was asked for.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

connection!(
    ChatMessageConnection,
    ChatMessageEdge,
    ChatMessage,
    "messages"
);
