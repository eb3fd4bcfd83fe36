//! What the model is told of a conversation: the branch that leads to the question, as much of it as a prompt may have.

use std::collections::HashMap;

use crate::ai::MessageRole;
use crate::ai::answer::transcript;
use crate::app::App;
use crate::chat::{Chat, ChatMessage};
use crate::db::query;
use crate::error::Result;
use crate::remote::ai::{Message, Role};

/// How many messages of a branch the model is told.
const MOST: usize = 200;

/// The messages of the branch that ends with `last`, the system message first. Where a prompt may not have so many
/// characters, the oldest ones are left out; `room` is how many it may have beside the system message.
pub async fn prompt(
    app: &App,
    chat: &Chat,
    last: Option<ChatMessage>,
    room: usize,
) -> Result<Vec<Message>> {
    let system = chat.system_message.clone().map(|content| Message {
        role: Role::System,
        content,
    });
    let mut messages: Vec<Message> = system.into_iter().collect();
    let Some(last) = last else {
        return Ok(messages);
    };
    let path = query!(app.db, chat_messages::path_to(last, MOST))?;
    let answers = path.iter().filter_map(|message| message.answer_id);
    let answers: Vec<_> = answers.map(transcript).collect();
    let texts = query!(app.db, transcripts::texts(answers))?;
    let mut texts: HashMap<_, _> = texts.into_iter().collect();
    let mut left = room;
    let mut told: Vec<Message> = Vec::new();
    for message in path.into_iter().rev() {
        let content = match message.answer_id {
            Some(answer) => texts.remove(&transcript(answer)).unwrap_or_default(),
            None => message.content,
        };
        let length = content.chars().count();
        if length > left {
            break;
        }
        left -= length;
        // An answer that failed at once says nothing.
        if !content.trim().is_empty() {
            let role = match message.role {
                MessageRole::System => Role::System,
                MessageRole::User => Role::User,
                MessageRole::Assistant => Role::Assistant,
            };
            told.push(Message { role, content });
        }
    }
    // What is left begins with a question: an answer to something that is left out means nothing.
    while told
        .last()
        .is_some_and(|first| first.role == Role::Assistant)
    {
        told.pop();
    }
    messages.extend(told.into_iter().rev());
    Ok(messages)
}
