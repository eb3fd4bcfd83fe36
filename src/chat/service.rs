//! What people do with their conversations; every function here authorises.

use crate::ai::options::MAX_MODEL;
use crate::app::App;
use crate::chat::{Chat, UNTITLED, chat_not_found};
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::ChatId;
use crate::jobs;
use crate::logs::Log;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// The longest title, in characters.
pub(super) const MAX_TITLE: usize = 200;
/// The longest system message, in characters.
const MAX_SYSTEM: usize = 20_000;
/// What the list is sorted by, for its cursors.
const ORDER: &str = "CHATS";

/// What makes up a new conversation.
pub struct NewChat {
    /// What it is called; after its first message where this is left out.
    pub title: Option<String>,
    /// What the model is to be.
    pub system_message: Option<String>,
    /// The model that is asked unless a message names one.
    pub model: Option<String>,
}

/// Begins a conversation.
pub async fn create(app: &App, viewer: &Viewer, input: NewChat) -> Result<Chat> {
    let owner_id = viewer.require()?.user_id;
    let mut checks = Checks::new();
    let title = input
        .title
        .map(|title| checks.line(["input", "title"], &title, 1, MAX_TITLE));
    let system_message = input
        .system_message
        .map(|text| checks.text(["input", "systemMessage"], &text, MAX_SYSTEM))
        .filter(|text| !text.is_empty());
    let model = input
        .model
        .map(|model| checks.line(["input", "model"], &model, 1, MAX_MODEL));
    checks.done()?;
    let now = app.clock.now();
    let chat = Chat {
        id: ChatId::new(),
        owner_id,
        title: title.unwrap_or_else(|| UNTITLED.to_owned()),
        system_message,
        model,
        created_at: now,
        updated_at: now,
    };
    let log = Log::audit(viewer, now, "chat.created", chat.id);
    let row = chat.clone();
    commit!(app.db, chats::insert(row, log))?;
    Ok(chat)
}

/// A conversation of the viewer's.
pub async fn find(app: &App, viewer: &Viewer, id: ChatId) -> Result<Option<Chat>> {
    match viewer.id() {
        Some(owner) => query!(app.db, chats::find(id, owner)),
        None => Ok(None),
    }
}

/// A page of the viewer's conversations, the last used first.
pub async fn list(app: &App, viewer: &Viewer, page: PageArgs) -> Result<Items<Chat>> {
    let owner = viewer.require()?.user_id;
    let window = page.window::<(Timestamp, ChatId)>(ORDER)?;
    let rows = query!(app.db, chats::list(owner, window.clone()))?;
    let slice =
        Slice::cut(rows, &window).map(|chat| (encode(ORDER, &(chat.updated_at, chat.id)), chat));
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let app = app.clone();
        async move { query!(app.db, chats::count(owner)) }
    }))
}

/// Gives a conversation another title.
pub async fn rename(app: &App, viewer: &Viewer, id: ChatId, title: &str) -> Result<Chat> {
    viewer.require()?;
    find(app, viewer, id).await?.ok_or_else(chat_not_found)?;
    let mut checks = Checks::new();
    let title = checks.line(["title"], title, 1, MAX_TITLE);
    checks.done()?;
    let now = app.clock.now();
    let log = Log::audit(viewer, now, "chat.renamed", id);
    commit!(app.db, chats::rename(id, title, now, log))?.ok_or_else(chat_not_found)
}

/// Removes a conversation with all that was said in it; answers that are being written stop.
pub async fn delete(app: &App, viewer: &Viewer, id: ChatId) -> Result<ChatId> {
    viewer.require()?;
    find(app, viewer, id).await?.ok_or_else(chat_not_found)?;
    let log = Log::audit(viewer, app.clock.now(), "chat.deleted", id);
    let stopping = commit!(app.db, chats::delete(id, log))?;
    for job in stopping {
        app.events.wake(jobs::cancel_topic(job));
    }
    Ok(id)
}

/// The first line of what is said first, as a title.
pub(super) fn title_of(content: &str) -> Option<String> {
    const LONG: usize = 80;
    let line = content
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let mut checks = Checks::new();
    let short: String = line.chars().take(LONG).collect();
    let title = checks.line([], &short, 1, MAX_TITLE);
    checks.done().ok().map(|()| title)
}

/// What is wrong with a conversation that is gone by now.
pub(super) fn gone() -> Error {
    chat_not_found().in_input()
}
