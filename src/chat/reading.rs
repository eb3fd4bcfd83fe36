//! What was said in conversations: found, listed, watched and stopped; every function here authorises.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::ai::answer::AnswerStatus;
use crate::ai::asking;
use crate::ai::watching::{self, Event};
use crate::app::App;
use crate::chat::service::find as find_chat;
use crate::chat::{Chat, ChatMessage, message_not_found};
use crate::db::query;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::{AnswerId, ChatId, MessageId};
use crate::viewer::Viewer;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "CHAT_MESSAGES";

/// What is being written can be neither continued nor answered again.
pub(super) async fn require_ended<const N: usize>(
    app: &App,
    message: &ChatMessage,
    path: [&str; N],
) -> Result<()> {
    let Some(id) = message.answer_id else {
        return Ok(());
    };
    let answer = query!(app.db, answers::find(id))?;
    match answer.is_some_and(|answer| answer.status == AnswerStatus::Streaming) {
        true => Err(Error::user(
            UserErrorCode::Conflict,
            path,
            "The answer is still being written: wait for its end, or stop it with `stopMessage`.",
        )),
        false => Ok(()),
    }
}

/// A message of one conversation.
pub(super) async fn find_in(app: &App, chat: ChatId, id: MessageId) -> Result<Option<ChatMessage>> {
    let found = query!(app.db, chat_messages::by_ids(vec![id]))?;
    Ok(found.into_iter().find(|message| message.chat_id == chat))
}

/// A message of the viewer's, with its conversation.
pub(super) async fn require(
    app: &App,
    viewer: &Viewer,
    id: MessageId,
) -> Result<(Chat, ChatMessage)> {
    let found = query!(app.db, chat_messages::by_ids(vec![id]))?;
    let message = found.into_iter().next().ok_or_else(message_not_found)?;
    let chat = find_chat(app, viewer, message.chat_id).await?;
    Ok((chat.ok_or_else(message_not_found)?, message))
}

/// Stops an answer, from any device; one that has ended stays as it is.
pub async fn stop(app: &App, viewer: &Viewer, id: MessageId) -> Result<ChatMessage> {
    viewer.require()?;
    let (_, message) = require(app, viewer, id).await?;
    let answer = answer_of(&message)?;
    let answer = query!(app.db, answers::find(answer))?.ok_or_else(message_not_found)?;
    if answer.status == AnswerStatus::Streaming {
        asking::stop(app, answer).await?;
    }
    Ok(message)
}

fn answer_of(message: &ChatMessage) -> Result<AnswerId> {
    message.answer_id.ok_or_else(|| {
        let text = "A person wrote this: only answers can be stopped.";
        Error::user(UserErrorCode::Invalid, ["messageId"], text)
    })
}

/// Follows a message behind its first `after` characters.
pub async fn follow(
    app: &App,
    viewer: &Viewer,
    id: MessageId,
    after: Option<i32>,
) -> Result<BoxStream<'static, Result<Event>>> {
    viewer.require()?;
    let (_, message) = require(app, viewer, id).await?;
    Ok(match message.answer_id {
        Some(answer) => watching::follow(app, answer, after)?.boxed(),
        None => {
            let events = watching::of_text(message.content, after)?;
            stream::iter(events.into_iter().map(Ok)).boxed()
        }
    })
}

/// A page of what is said in a conversation that the viewer may see, the oldest first.
pub async fn list(app: &App, chat: ChatId, page: PageArgs) -> Result<Items<ChatMessage>> {
    let window = page.window::<(Timestamp, MessageId)>(ORDER)?;
    let rows = query!(app.db, chat_messages::list(chat, window.clone()))?;
    let slice = Slice::cut(rows, &window)
        .map(|message| (encode(ORDER, &(message.created_at, message.id)), message));
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let app = app.clone();
        async move { query!(app.db, chat_messages::count(chat)) }
    }))
}
