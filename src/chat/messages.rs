//! What is said in conversations, and answered again; every function here authorises.

use serde_json::Value;

use crate::ai::MessageRole;
use crate::ai::asking::Asked;
use crate::ai::options::Options;
use crate::ai::prompt::Conversation;
use crate::app::App;
use crate::chat::reading::{find_in, require, require_ended};
use crate::chat::service::{find as find_chat, gone, title_of};
use crate::chat::{Chat, ChatMessage, Said, UNTITLED, Unsaid, history, message_not_found};
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{ChatId, MessageId};
use crate::jobs;
use crate::remote::ai::{Ask, Message, Role};
use crate::viewer::Viewer;

/// The most messages of a conversation.
const MOST_MESSAGES: i64 = 10_000;
/// How many other messages stand at the place of one: lists of them nest, and each level multiplies.
pub const MOST_ALTERNATIVES: i32 = 30;

/// What somebody says.
pub struct Question {
    /// In which conversation.
    pub chat_id: ChatId,
    /// What is said.
    pub content: String,
    /// Values of placeholders in it; without any, it is taken as it is.
    pub variables: Option<Value>,
    /// How the answer is wanted.
    pub options: Options,
    /// What it continues; the newest message where this is left out.
    pub parent_id: Option<MessageId>,
}

/// Says something and has it answered; gives the question and the answer, which is being written.
pub async fn send(
    app: &App,
    viewer: &Viewer,
    question: Question,
) -> Result<(ChatMessage, ChatMessage)> {
    viewer.require()?;
    let chat = find_chat(app, viewer, question.chat_id).await?;
    let chat = chat.ok_or_else(gone)?;
    let (parent, continues) = match question.parent_id {
        Some(id) => {
            let missing = || Error::not_found("message", ["input", "parentId"]);
            let parent = find_in(app, chat.id, id).await?.ok_or_else(missing)?;
            (Some(parent), None)
        }
        None => {
            let id = chat.id;
            let newest = query!(app.db, chat_messages::newest(id))?;
            let continues = newest.as_ref().map(|message| message.id);
            (newest, Some(continues))
        }
    };
    if let Some(parent) = &parent {
        require_ended(app, parent, ["input", "parentId"]).await?;
    }
    let conversation = Conversation {
        messages: vec![Message {
            role: Role::User,
            content: question.content,
        }],
        variables: question.variables,
        options: of_chat(question.options, &chat),
    };
    let mut ask = conversation.check(app).await.map_err(at_content)?;
    let content = match ask.messages.pop() {
        Some(message) => message.content,
        None => return Err(Error::internal("a question was checked and is gone")),
    };
    let most = app.config.ai.prompt_characters;
    let system = chat.system_message.as_deref().unwrap_or_default();
    let length = content.chars().count() + system.chars().count();
    if length > most {
        let message = format!(
            "A prompt may have {most} characters here; with the system message this has {length}."
        );
        let path = ["input", "content"];
        return Err(Error::user(UserErrorCode::TooLong, path, message));
    }
    ask.messages = history::prompt(app, &chat, parent.clone(), most - length).await?;
    ask.messages.push(Message {
        role: Role::User,
        content: content.clone(),
    });
    // A conversation without a name is called after what it begins with.
    let title = match parent.is_none() && chat.title == UNTITLED {
        true => title_of(&content),
        false => None,
    };
    let question = ChatMessage {
        id: MessageId::new(),
        chat_id: chat.id,
        parent_id: parent.map(|parent| parent.id),
        answer_id: None,
        role: MessageRole::User,
        content,
        created_at: app.clock.now(),
    };
    let asked = Asking {
        purpose: "sendMessage",
        parent: question.id,
        question: Some(question.clone()),
        continues,
        title,
    };
    let reply = say(app, viewer, &chat, ask, asked).await?;
    Ok((question, reply))
}

/// Has a message answered once more; the earlier answers stay.
pub async fn regenerate(
    app: &App,
    viewer: &Viewer,
    id: MessageId,
    options: Options,
) -> Result<ChatMessage> {
    viewer.require()?;
    let (chat, message) = require(app, viewer, id).await?;
    require_ended(app, &message, ["messageId"]).await?;
    let question = match (message.answer_id, message.parent_id) {
        (None, _) => message,
        (Some(_), Some(parent)) => find_in(app, chat.id, parent)
            .await?
            .ok_or_else(message_not_found)?,
        (Some(_), None) => return Err(message_not_found()),
    };
    let options = of_chat(options, &chat).check(app).await?;
    let mut ask = Ask {
        messages: Vec::new(),
        model: options.model,
        temperature: options.temperature,
        top_p: options.top_p,
        max_tokens: options.max_tokens,
        format: options.format,
    };
    let parent = question.id;
    let system = chat.system_message.as_deref().unwrap_or_default();
    let room = app.config.ai.prompt_characters;
    let room = room.saturating_sub(system.chars().count());
    ask.messages = history::prompt(app, &chat, Some(question), room).await?;
    let asked = Asking {
        purpose: "regenerateMessage",
        parent,
        question: None,
        continues: None,
        title: None,
    };
    let said = say(app, viewer, &chat, ask, asked).await;
    said.map_err(Error::out_of_input)
}

/// How something is asked.
struct Asking {
    purpose: &'static str,
    /// What is answered.
    parent: MessageId,
    /// The same, where it is new.
    question: Option<ChatMessage>,
    continues: Option<Option<MessageId>>,
    title: Option<String>,
}

async fn say(
    app: &App,
    viewer: &Viewer,
    chat: &Chat,
    ask: Ask,
    asking: Asking,
) -> Result<ChatMessage> {
    let owner = viewer.require()?.user_id;
    let id = MessageId::new();
    let asked = Asked::new(app, owner, asking.purpose, &ask)
        .await?
        .about(id);
    let now = app.clock.now();
    let reply = ChatMessage {
        id,
        chat_id: chat.id,
        parent_id: Some(asking.parent),
        answer_id: Some(asked.answer.id),
        role: MessageRole::Assistant,
        content: String::new(),
        created_at: now,
    };
    let said = Said {
        question: asking.question,
        reply: reply.clone(),
        asked,
        continues: asking.continues,
        title: asking.title,
        most: MOST_MESSAGES,
        most_alternatives: i64::from(MOST_ALTERNATIVES),
        now,
    };
    let conflict = |code, message: String| Err(Error::user(code, ["input", "chatId"], message));
    match commit!(app.db, chat_messages::say(said))? {
        Ok(()) => {
            app.events.wake(jobs::topic());
            Ok(reply)
        }
        Err(Unsaid::Gone) => Err(gone()),
        Err(Unsaid::Overtaken) => {
            let message = "Something was said in the chat meanwhile: read it, and send this again, with `parentId` where it belongs elsewhere.";
            conflict(UserErrorCode::Conflict, message.to_owned())
        }
        Err(Unsaid::Full) => {
            let message = format!("A chat has at most {MOST_MESSAGES} messages: begin another.");
            conflict(UserErrorCode::LimitReached, message)
        }
        Err(Unsaid::Crowded) => {
            let message = format!(
                "A message has at most {MOST_ALTERNATIVES} alternatives: go on from one of them, or begin another chat."
            );
            conflict(UserErrorCode::LimitReached, message)
        }
    }
}

fn of_chat(options: Options, chat: &Chat) -> Options {
    Options {
        model: options.model.or_else(|| chat.model.clone()),
        ..options
    }
}

/// Errors of the one message stand at what a person wrote.
fn at_content(error: Error) -> Error {
    match error {
        Error::User(mut errors) => {
            for error in &mut errors {
                if error.path.get(1).is_some_and(|part| part == "messages") {
                    error.path = vec!["input".to_owned(), "content".to_owned()];
                }
            }
            Error::User(errors)
        }
        other => other,
    }
}
