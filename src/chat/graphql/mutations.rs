//! What changes conversations.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use serde_json::Value;

use super::{Chat, ChatMessage};
use crate::ai::graphql::AiOptionsInput;
use crate::chat::messages::{self, Question};
use crate::chat::reading;
use crate::chat::service::{self, NewChat};
use crate::error::{Result, UserError};
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::payload::{DeletePayload, outcome, payload};
use crate::id::{ChatId, MessageId};

payload! {
    /// What a change to a conversation gives.
    ChatPayload {
        /// The conversation as it is now.
        chat: Chat
    }
}

payload! {
    /// What a change to a message gives.
    ChatMessagePayload {
        /// The message as it is now.
        message: ChatMessage
    }
}

/// What makes up a new conversation.
#[derive(InputObject)]
pub struct CreateChatInput {
    /// 1 to 200 characters on one line; the start of its first message where it is omitted.
    title: Option<String>,
    /// What the model is to be, at most 20,000 characters.
    system_message: Option<String>,
    /// The model that is asked unless a message names one, as `aiModels` gives its id.
    model: Option<String>,
}

/// What is said in a conversation.
#[derive(InputObject)]
pub struct SendMessageInput {
    /// In which conversation.
    chat_id: ChatId,
    /// What is said.
    content: String,
    /// Values for `{name}` placeholders in `content`; an unknown or unfilled name is an error. Without any, it is taken
    /// as it is.
    variables: Option<Value>,
    /// How the answer is wanted.
    options: Option<AiOptionsInput>,
    /// Branch off after this message instead of the newest.
    parent_id: Option<MessageId>,
}

/// What saying something gives.
#[derive(SimpleObject)]
pub struct SendMessagePayload {
    /// What was said.
    user_message: Option<ChatMessage>,
    /// Still STREAMING: follow it with `messageStream`.
    assistant_message: Option<ChatMessage>,
    /// What to correct; where it holds anything, nothing was changed.
    errors: Vec<UserError>,
}

/// What changes conversations.
#[derive(Default)]
pub struct ChatMutations;

/// What changes conversations.
#[Object]
impl ChatMutations {
    /// Begins a conversation with the AI.
    async fn create_chat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What makes it up.")] input: CreateChatInput,
    ) -> Result<Option<ChatPayload>> {
        let input = NewChat {
            title: input.title,
            system_message: input.system_message,
            model: input.model,
        };
        let created = service::create(ctx.app()?, ctx.viewer()?, input).await;
        ChatPayload::of(created.map(Chat)).map(Some)
    }

    /// Gives a conversation another title.
    async fn rename_chat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] chat_id: ChatId,
        #[graphql(desc = "1 to 200 characters on one line.")] title: String,
    ) -> Result<Option<ChatPayload>> {
        let renamed = service::rename(ctx.app()?, ctx.viewer()?, chat_id, &title).await;
        ChatPayload::of(renamed.map(Chat)).map(Some)
    }

    /// Removes a conversation with all that was said in it. Answers that are being written stop.
    async fn delete_chat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] chat_id: ChatId,
    ) -> Result<Option<DeletePayload>> {
        let deleted = service::delete(ctx.app()?, ctx.viewer()?, chat_id).await;
        DeletePayload::of(deleted.map(|id| id.to_string())).map(Some)
    }

    /// Says something in a conversation and has it answered. The model is told the branch that leads to it; where that
    /// is longer than a prompt may be, its oldest messages are left out.
    #[graphql(directive = cost::apply(100))]
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is said, and where.")] input: SendMessageInput,
    ) -> Result<Option<SendMessagePayload>> {
        let question = Question {
            chat_id: input.chat_id,
            content: input.content,
            variables: input.variables,
            options: input.options.map(AiOptionsInput::read).unwrap_or_default(),
            parent_id: input.parent_id,
        };
        let sent = messages::send(ctx.app()?, ctx.viewer()?, question).await;
        let (sent, errors) = outcome(sent)?;
        let (user, assistant) = sent.unzip();
        Ok(Some(SendMessagePayload {
            user_message: user.map(ChatMessage),
            assistant_message: assistant.map(ChatMessage),
            errors,
        }))
    }

    /// Stops an answer from any device; what had arrived is kept. One that has ended stays as it is.
    async fn stop_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which answer.")] message_id: MessageId,
    ) -> Result<Option<ChatMessagePayload>> {
        let stopped = reading::stop(ctx.app()?, ctx.viewer()?, message_id).await;
        ChatMessagePayload::of(stopped.map(ChatMessage)).map(Some)
    }

    /// Asks again; the earlier answers stay as `alternatives`. The new one is STREAMING: follow it with
    /// `messageStream`.
    #[graphql(directive = cost::apply(100))]
    async fn regenerate_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An answer, or what a person said.")] message_id: MessageId,
        #[graphql(desc = "How the answer is wanted; the chat's model where it is omitted.")]
        options: Option<AiOptionsInput>,
    ) -> Result<Option<ChatMessagePayload>> {
        let options = options.map(AiOptionsInput::read).unwrap_or_default();
        let again = messages::regenerate(ctx.app()?, ctx.viewer()?, message_id, options).await;
        ChatMessagePayload::of(again.map(ChatMessage)).map(Some)
    }
}
