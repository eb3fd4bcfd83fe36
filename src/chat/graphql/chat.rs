//! A conversation on the wire.

use async_graphql::{Context, Object};

use super::message::{ChatMessage, ChatMessageConnection};
use crate::accounts::graphql::{User, load_user};
use crate::ai::graphql::TokenUsage;
use crate::chat;
use crate::chat::loaders::Loaders;
use crate::chat::reading;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::paging::PageArgs;
use crate::id::ChatId;

/// A conversation with the AI: a tree of messages.
#[derive(Clone)]
pub struct Chat(pub chat::Chat);

/// A conversation with the AI: a tree of messages.
#[Object]
impl Chat {
    /// The global id, `chat_…`.
    pub async fn id(&self) -> ChatId {
        self.0.id
    }

    /// What it is called; the start of its first message unless somebody named it.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What the model is to be.
    async fn system_message(&self) -> Option<&str> {
        self.0.system_message.as_deref()
    }

    /// The model that is asked unless a message names one; null for the server's default.
    async fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// Whose it is.
    async fn owner(&self, ctx: &Context<'_>) -> Result<User> {
        load_user(ctx, self.0.owner_id)
            .await?
            .ok_or_else(|| Error::internal("the owner of a chat is gone"))
    }

    /// Everything that was said, the oldest first, all branches and alternatives among it: `parent` says what belongs
    /// to what.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start of the list; 20 where neither this nor `last` is given, at most 100."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what stands before this cursor.")] before: Option<String>,
    ) -> Result<ChatMessageConnection> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let Items { slice, count } = reading::list(ctx.app()?, self.0.id, page).await?;
        let slice = slice.map(|(cursor, message)| (cursor, ChatMessage(message)));
        Ok(ChatMessageConnection(Items { slice, count }))
    }

    /// What all its answers used.
    async fn usage(&self, ctx: &Context<'_>) -> Result<TokenUsage> {
        let usage = ctx.loaders::<Loaders>()?.usage.load(self.0.id).await?;
        Ok(TokenUsage(usage.unwrap_or_default()))
    }

    /// When it began.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// When something was last said or changed in it.
    async fn updated_at(&self) -> Timestamp {
        self.0.updated_at
    }
}

connection!(ChatConnection, ChatEdge, Chat, "chats");
