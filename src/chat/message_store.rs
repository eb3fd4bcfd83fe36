//! SQL of what is said in conversations.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, answers, transaction};
use crate::chat::{ChatMessage, Said, Unsaid};
use crate::db::schema::{chat_messages as messages, chats};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::{Window, keyset};
use crate::id::{ChatId, MessageId};

/// Keeps a question with the answer that is to be, in one transaction.
pub async fn say(conn: &mut Conn, said: Said) -> Result<std::result::Result<(), Unsaid>> {
    transaction!(conn, {
        let chat = said.reply.chat_id;
        let touched = diesel::update(chats::table.find(chat))
            .set((
                chats::updated_at.eq(said.now),
                said.title.map(|title| chats::title.eq(title)),
            ))
            .execute(conn)
            .await?;
        if touched == 0 {
            return Ok(Err(Unsaid::Gone));
        }
        if let Some(expected) = said.continues
            && newest(conn, chat).await?.map(|message| message.id) != expected
        {
            return Ok(Err(Unsaid::Overtaken));
        }
        if count(conn, chat).await? >= said.most {
            return Ok(Err(Unsaid::Full));
        }
        let first = said.question.as_ref().unwrap_or(&said.reply);
        if let Some(parent) = first.parent_id {
            let siblings = messages::table.filter(messages::parent_id.eq(parent));
            let siblings: i64 = siblings.count().get_result(conn).await?;
            if siblings > said.most_alternatives {
                return Ok(Err(Unsaid::Crowded));
            }
        }
        if let Some(question) = &said.question {
            diesel::insert_into(messages::table)
                .values(question)
                .execute(conn)
                .await?;
        }
        answers::insert(conn, said.asked.answer, said.asked.job).await?;
        diesel::insert_into(messages::table)
            .values(&said.reply)
            .execute(conn)
            .await?;
        Ok(Ok(()))
    })
}

/// The last message of a conversation.
pub async fn newest(conn: &mut Conn, chat: ChatId) -> Result<Option<ChatMessage>> {
    let found = messages::table
        .filter(messages::chat_id.eq(chat))
        .order((messages::created_at.desc(), messages::id.desc()))
        .select(ChatMessage::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Messages by their ids.
pub async fn by_ids(conn: &mut Conn, ids: Vec<MessageId>) -> Result<Vec<ChatMessage>> {
    let found = messages::table
        .filter(messages::id.eq_any(ids))
        .select(ChatMessage::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// What follows messages, in the order in which it was said.
pub async fn replies(conn: &mut Conn, parents: Vec<MessageId>) -> Result<Vec<ChatMessage>> {
    let found = messages::table
        .filter(messages::parent_id.eq_any(parents))
        .order((messages::created_at, messages::id))
        .select(ChatMessage::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// A message and those before it up to the first one, at most `most` of them, the first one first.
pub async fn path_to(conn: &mut Conn, last: ChatMessage, most: usize) -> Result<Vec<ChatMessage>> {
    let links: Vec<(MessageId, Option<MessageId>)> = messages::table
        .filter(messages::chat_id.eq(last.chat_id))
        .select((messages::id, messages::parent_id))
        .load(conn)
        .await?;
    let parents: HashMap<MessageId, Option<MessageId>> = links.into_iter().collect();
    let mut wanted = vec![last.id];
    let mut next = last.parent_id;
    while let Some(id) = next.filter(|_| wanted.len() < most) {
        wanted.push(id);
        next = parents.get(&id).copied().flatten();
    }
    let mut found = by_ids(conn, wanted.clone()).await?;
    let place = |id| wanted.iter().position(|wanted| *wanted == id);
    found.sort_by_key(|message| std::cmp::Reverse(place(message.id)));
    Ok(found)
}

/// A page of what is said in a conversation, the oldest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    chat: ChatId,
    window: Window<(Timestamp, MessageId)>,
) -> Result<Vec<ChatMessage>> {
    let of_chat = messages::table
        .filter(messages::chat_id.eq(chat))
        .into_boxed();
    let found = keyset!(of_chat, window, false, messages::created_at, messages::id)
        .select(ChatMessage::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// How many messages a conversation has.
pub async fn count(conn: &mut Conn, chat: ChatId) -> Result<i64> {
    let count = messages::table
        .filter(messages::chat_id.eq(chat))
        .count()
        .get_result(conn)
        .await?;
    Ok(count)
}
