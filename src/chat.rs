//! Conversations with the AI: trees of messages, whose answers are written by jobs and watched from anywhere.

pub mod graphql;
pub mod history;
pub mod loaders;
pub mod messages;
pub mod reading;
pub mod service;

use diesel::{Insertable, Queryable, Selectable};

use crate::ai::MessageRole;
use crate::ai::asking::Asked;
use crate::db::types::Timestamp;
use crate::error::Error;
use crate::id::{AnswerId, ChatId, MessageId, UserId};

/// What a conversation is called until something is said in it.
pub const UNTITLED: &str = "New chat";

/// A conversation as the database keeps it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::chats)]
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it is called.
    pub title: String,
    /// What the model is to be.
    pub system_message: Option<String>,
    /// The model that is asked unless a message names one.
    pub model: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last said or changed in it.
    pub updated_at: Timestamp,
}

/// A message as the database keeps it. The text of the AI's is that of its answer.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::chat_messages)]
pub struct ChatMessage {
    /// Its id.
    pub id: MessageId,
    /// The conversation.
    pub chat_id: ChatId,
    /// The message that it answers or continues.
    pub parent_id: Option<MessageId>,
    /// The AI's answer that it is.
    pub answer_id: Option<AnswerId>,
    /// Who says it.
    pub role: MessageRole,
    /// What a person says; empty for the AI's.
    pub content: String,
    /// When it was said.
    pub created_at: Timestamp,
}

/// What is to be said.
pub struct Said {
    /// What a person says, unless an earlier message is answered again.
    pub question: Option<ChatMessage>,
    /// The AI's message.
    pub reply: ChatMessage,
    /// Its answer, and the job that writes it.
    pub asked: Asked,
    /// What has to be the newest message still, where the question continues that.
    pub continues: Option<Option<MessageId>>,
    /// The title that a conversation gets with its first message.
    pub title: Option<String>,
    /// The most messages of a conversation.
    pub most: i64,
    /// The most messages beside one at its place.
    pub most_alternatives: i64,
    /// When.
    pub now: Timestamp,
}

/// Why nothing was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsaid {
    /// The conversation is gone.
    Gone,
    /// Somebody said something meanwhile.
    Overtaken,
    /// There are as many messages as there may be.
    Full,
    /// There are as many at this place as there may be.
    Crowded,
}

pub(crate) fn chat_not_found() -> Error {
    Error::not_found("chat", ["chatId"])
}

pub(crate) fn message_not_found() -> Error {
    Error::not_found("message", ["messageId"])
}
