//! DataLoaders of conversations, one set per request.

use std::collections::HashMap;

use super::{Chat, ChatMessage};
use crate::ai::Usage;
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::id::{ChatId, MessageId};
use crate::viewer::Viewer;

/// What resolvers load in batches.
pub struct Loaders {
    /// Conversations of the viewer's.
    pub chats: Loader<ChatId, Chat>,
    /// Messages, whosever they are.
    pub messages: Loader<MessageId, ChatMessage>,
    /// What follows a message, in the order in which it was said.
    pub replies: Loader<MessageId, Vec<ChatMessage>>,
    /// What the answers of conversations used.
    pub usage: Loader<ChatId, Usage>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App, viewer: &Viewer) -> Self {
        let db = || app.db.clone();
        Self {
            chats: {
                let (db, owner) = (db(), viewer.id());
                Loader::new(move |ids| {
                    let db = db.clone();
                    async move {
                        let found = query!(db, chats::by_ids(ids))?.into_iter();
                        let own = found.filter(|chat| Some(chat.owner_id) == owner);
                        Ok(own.map(|chat| (chat.id, chat)).collect())
                    }
                })
            },
            messages: {
                let db = db();
                Loader::new(move |ids| {
                    let db = db.clone();
                    async move {
                        let found = query!(db, chat_messages::by_ids(ids))?.into_iter();
                        Ok(found.map(|message| (message.id, message)).collect())
                    }
                })
            },
            replies: {
                let db = db();
                Loader::new(move |ids| {
                    let db = db.clone();
                    async move {
                        let mut found: HashMap<_, Vec<_>> = HashMap::new();
                        for reply in query!(db, chat_messages::replies(ids))? {
                            if let Some(parent) = reply.parent_id {
                                found.entry(parent).or_default().push(reply);
                            }
                        }
                        Ok(found)
                    }
                })
            },
            usage: {
                let db = db();
                Loader::new(move |ids| {
                    let db = db.clone();
                    async move {
                        let mut found: HashMap<_, Usage> = HashMap::new();
                        for (chat, usage) in query!(db, chats::usage(ids))? {
                            *found.entry(chat).or_default() += usage;
                        }
                        Ok(found)
                    }
                })
            },
        }
    }
}
