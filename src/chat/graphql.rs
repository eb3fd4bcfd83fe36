//! Conversations with the AI on the wire.

mod chat;
mod message;
mod mutations;

pub use chat::{Chat, ChatConnection};
pub use message::{ChatMessage, ChatMessageConnection};
pub use mutations::ChatMutations;

use async_graphql::{Context, Object, Subscription};
use futures_util::{Stream, StreamExt};

use super::{reading, service};
use crate::ai::graphql::CompletionEvent;
use crate::error::Result;
use crate::graphql::connection::Items;
use crate::graphql::context::Request;
use crate::graphql::paging::PageArgs;
use crate::id::{ChatId, MessageId};

/// What can be asked about conversations.
#[derive(Default)]
pub struct ChatQueries;

/// What can be asked about conversations.
#[Object]
impl ChatQueries {
    /// The viewer's conversations with the AI, the last used first.
    async fn chats(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start of the list; 20 where neither this nor `last` is given, at most 100."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what stands before this cursor.")] before: Option<String>,
    ) -> Result<Option<ChatConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page).await?;
        let slice = slice.map(|(cursor, chat)| (cursor, Chat(chat)));
        Ok(Some(ChatConnection(Items { slice, count })))
    }

    /// One conversation; null where there is none, or where it is not the viewer's.
    async fn chat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation's id.")] id: ChatId,
    ) -> Result<Option<Chat>> {
        let found = service::find(ctx.app()?, ctx.viewer()?, id).await?;
        Ok(found.map(Chat))
    }
}

/// What can be watched of conversations.
#[derive(Default)]
pub struct ChatSubscriptions;

/// What can be watched of conversations.
#[Subscription]
impl ChatSubscriptions {
    /// Streams an answer of a chat, from its start or after `afterSequence`; any number of clients, also after it is
    /// complete. Closing the stream stops nothing: `stopMessage` does.
    async fn message_stream(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message; one's own.")] message_id: MessageId,
        #[graphql(
            desc = "Leaves out so many Unicode code points from the start: the `sequence` last seen."
        )]
        after_sequence: Option<i32>,
    ) -> Result<impl Stream<Item = Result<CompletionEvent>>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let events = reading::follow(app, viewer, message_id, after_sequence).await?;
        Ok(events.map(|event| event.map(CompletionEvent::from)))
    }
}
