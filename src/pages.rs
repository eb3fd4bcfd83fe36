//! Pages, their revisions, and what happens to them.

pub mod content;
pub mod draft;
pub mod graphql;
pub mod history;
pub mod jobs;
mod kinds;
pub mod live;
pub mod loaders;
pub mod organising;
pub mod proposals;
pub mod publishing;
pub mod saving;
mod seen;
pub mod service;

pub use kinds::{ContentFormat, PageEventKind, RevisionKind};
pub use seen::{Counts, Placed, Seen, Shelf};

use diesel::{Insertable, Queryable, Selectable};

use crate::db::schema::{client_sequences, events, pages, revisions};
use crate::db::types::Timestamp;
use crate::error::{Error, UserErrorCode};
use crate::id::{AnswerId, NotebookId, PageId, ProposalId, RevisionId, UserId};

/// A page's row. It holds no text, so that lists read none.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = pages)]
pub struct Page {
    /// Its id.
    pub id: PageId,
    /// The notebook that it is in.
    pub notebook_id: NotebookId,
    /// The draft's title.
    pub title: String,
    /// How its content is written.
    pub format: ContentFormat,
    /// 0-based, without gaps among the pages that are not in the trash.
    pub position: i32,
    /// The draft's words.
    pub word_count: i32,
    /// The draft.
    pub current_revision_id: RevisionId,
    /// The number of the newest revision.
    pub revision_count: i32,
    /// What readers see.
    pub published_revision_id: Option<RevisionId>,
    /// Its title.
    pub published_title: Option<String>,
    /// Its words.
    pub published_word_count: Option<i32>,
    /// Since when readers see it.
    pub published_at: Option<Timestamp>,
    /// When another revision goes public by itself.
    pub publish_at: Option<Timestamp>,
    /// Which revision that is.
    pub publish_revision_id: Option<RevisionId>,
    /// When the page was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Since when it is in the trash.
    pub deleted_at: Option<Timestamp>,
}

/// A revision's row without its text.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = revisions)]
pub struct Revision {
    /// Its id.
    pub id: RevisionId,
    /// Its page.
    pub page_id: PageId,
    /// Grows within a page.
    pub number: i32,
    /// A name that keeps it from being thinned out.
    pub name: Option<String>,
    /// How it came to be.
    pub kind: RevisionKind,
    /// Who wrote it.
    pub author_id: Option<UserId>,
    /// The model whose proposal it is.
    pub ai_model: Option<String>,
    /// The page's title in it.
    pub title: String,
    /// How its content is written.
    pub format: ContentFormat,
    /// How many words it has.
    pub word_count: i32,
    /// Why it was saved.
    pub message: Option<String>,
    /// Which editor saved it.
    pub client_id: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When a later autosave of the same sitting took its place.
    pub hidden_at: Option<Timestamp>,
}

/// A revision with its text, as it is stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = revisions)]
pub struct NewRevision {
    /// Its id.
    pub id: RevisionId,
    /// Its page.
    pub page_id: PageId,
    /// The next number of the page.
    pub number: i32,
    /// How it came to be.
    pub kind: RevisionKind,
    /// Who wrote it.
    pub author_id: Option<UserId>,
    /// The model whose proposal it is.
    pub ai_model: Option<String>,
    /// The page's title.
    pub title: String,
    /// The text.
    pub content: String,
    /// How it is written.
    pub format: ContentFormat,
    /// How many words it has.
    pub word_count: i32,
    /// Why it was saved.
    pub message: Option<String>,
    /// Which editor saved it.
    pub client_id: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// The same in whole minutes since 1970, by which autosaves are thinned out.
    pub minute: i64,
}

/// A title and a text.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = revisions)]
pub struct Text {
    /// The page's title.
    pub title: String,
    /// The text.
    pub content: String,
}

/// The last numbered save of one editor.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = client_sequences)]
pub struct ClientSequence {
    /// The page.
    pub page_id: PageId,
    /// Who writes.
    pub user_id: UserId,
    /// The editor.
    pub client_id: String,
    /// The number of its last save.
    pub sequence: i32,
    /// SHA-256 of what it saved.
    pub digest: Vec<u8>,
    /// Where it went.
    pub revision_id: RevisionId,
    /// Whether it was merged.
    pub merged: bool,
    /// When.
    pub updated_at: Timestamp,
}

/// Something that happened to a page.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = events)]
pub struct Event {
    /// The page's notebook.
    pub notebook_id: NotebookId,
    /// Grows within the notebook.
    pub seq: i64,
    /// The page, which may be gone.
    pub page_id: PageId,
    /// The revision that it is about, which may be gone.
    pub revision_id: Option<RevisionId>,
    /// That revision's number, or the newest one at the time.
    pub revision_number: i32,
    /// Who did it.
    pub actor_id: Option<UserId>,
    /// What happened.
    pub kind: PageEventKind,
    /// The editor that did it.
    pub client_id: Option<String>,
    /// Whether readers may know of it.
    pub public: bool,
    /// When.
    pub at: Timestamp,
}

/// The error for a page that does not exist for the viewer.
pub fn not_found() -> Error {
    Error::not_found("page", ["pageId"])
}

/// The error for a revision that does not exist for the viewer.
pub fn no_revision() -> Error {
    Error::not_found("revision", ["revisionId"])
}

/// The error for a change to a page that is in the trash, or whose notebook is.
pub fn in_the_trash() -> Error {
    Error::user(
        UserErrorCode::Conflict,
        ["pageId"],
        "The page is in the trash, or its notebook is: restore it first.",
    )
}

/// The unique key of the job that publishes a page at its time.
pub fn schedule_key(page: PageId) -> String {
    format!("{PUBLISH_JOB}:{page}")
}

/// The kind of the job that publishes a page at its time.
pub const PUBLISH_JOB: &str = "pages.publish";
/// The kind of the job that thins out autosaves.
pub const THIN_JOB: &str = "pages.thin";

/// What the job that publishes a page was told.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Schedule {
    /// The page's notebook.
    pub notebook_id: NotebookId,
    /// The page.
    pub page_id: PageId,
    /// The time that was asked for; another one on the page means that this job is outdated.
    pub at: Timestamp,
    /// Who asked for it.
    pub user_id: UserId,
    /// Their name at the time.
    pub username: String,
}

/// What became of a proposal.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Decision {
    /// It became a revision.
    Accepted,
    /// It was dropped.
    Rejected,
}
crate::db::types::text_enum!(Decision {
    Accepted = "ACCEPTED",
    Rejected = "REJECTED",
});

/// A change to a page that the AI proposes; its text is that of an answer.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::edit_proposals)]
pub struct EditProposal {
    /// Its id.
    pub id: ProposalId,
    /// The page.
    pub page_id: PageId,
    /// The text that is to change.
    pub base_revision_id: RevisionId,
    /// Who asked for it.
    pub owner_id: UserId,
    /// The answer that it is.
    pub answer_id: AnswerId,
    /// What is to be done.
    pub instruction: String,
    /// What became of it; nothing while it is open.
    pub decision: Option<Decision>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When somebody decided.
    pub decided_at: Option<Timestamp>,
}
