//! What a save is made of, and what can become of it.

use std::sync::Arc;

use super::{ContentFormat, Page, Seen, Text};
use crate::db::types::Timestamp;
use crate::id::{NotebookId, PageId, ProposalId, RevisionId, UserId};
use crate::logs::Log;
use crate::search::Body;

/// What became of a save from an older revision.
pub enum Reconciled {
    /// Both changes are in this text, of so many words.
    Merged(Text, i32),
    /// The changes overlap; Markdown comes with conflict markers.
    Overlapping(Option<String>),
}

/// A proposal of the AI that a save accepts.
#[derive(Debug, Clone)]
pub struct Accepts {
    /// Which one.
    pub proposal: ProposalId,
    /// The model that wrote it.
    pub model: Option<String>,
}

/// A checked save, on its way to the database.
#[derive(Clone)]
pub struct Save {
    /// Which page.
    pub page_id: PageId,
    /// Its notebook.
    pub notebook_id: NotebookId,
    /// The revision that the edit started from.
    pub base: RevisionId,
    /// The new title, if there is one.
    pub title: Option<String>,
    /// The new content, if there is one.
    pub content: Option<String>,
    /// The words of the new content.
    pub word_count: Option<i32>,
    /// What the new content is found by.
    pub body: Option<Arc<Body>>,
    /// Whether the editor saves by itself.
    pub autosave: bool,
    /// The number of the save within `client_id`.
    pub client_sequence: Option<i32>,
    /// SHA-256 of what was sent, to recognise a repetition.
    pub digest: Vec<u8>,
    /// Why it is saved.
    pub message: Option<String>,
    /// The editor.
    pub client_id: Option<String>,
    /// The proposal that it accepts, if it does.
    pub accepts: Option<Accepts>,
    /// Who saves.
    pub author: UserId,
    /// Now.
    pub now: Timestamp,
    /// The log entry, unless it stays an autosave.
    pub log: Option<Log>,
    /// How two versions become one.
    pub reconcile: fn(ContentFormat, &Text, &Text, &Text) -> Reconciled,
}

/// What became of a save in the database.
pub enum Outcome {
    /// It is stored (now, or by an earlier request of the same number).
    Stored {
        /// The page as it is now.
        page: Page,
        /// The revision that holds it.
        revision_id: RevisionId,
        /// Whether that holds somebody else's changes too.
        merged: bool,
    },
    /// A later save of the same editor was stored already.
    Superseded {
        /// The page as it is now.
        page: Page,
        /// That later save.
        revision_id: RevisionId,
    },
    /// The number was used for another text.
    SequenceReused,
    /// The edits overlap; nothing was stored.
    Conflict {
        /// What the edit started from, if it still exists.
        base: Option<RevisionId>,
        /// The draft as it is.
        current: RevisionId,
        /// The text with conflict markers, for Markdown.
        marked: Option<String>,
    },
    /// The proposal was accepted or rejected before.
    Decided,
    /// The page, or its notebook, is in the trash.
    Trashed,
    /// There is no such page any more.
    Gone,
}

/// What a save gives its editor.
pub enum Saved {
    /// It is stored.
    Stored {
        /// The page as it is now.
        page: Seen,
        /// The revision that holds it.
        revision_id: RevisionId,
        /// Whether that holds somebody else's changes too.
        merged: bool,
        /// Whether a later save of the same editor is what was stored.
        superseded: bool,
    },
    /// The edits overlap; nothing was stored.
    Conflict {
        /// What the edit started from, if it still exists.
        base: Option<RevisionId>,
        /// The draft as it is.
        current: RevisionId,
        /// The text with conflict markers, for Markdown.
        marked: Option<String>,
    },
}
