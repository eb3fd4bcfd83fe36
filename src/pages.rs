//! Pages, their revisions, and what happens to them.

pub mod content;
pub mod draft;
pub mod graphql;
pub mod history;
pub mod jobs;
pub mod live;
pub mod loaders;
pub mod organising;
pub mod publishing;
pub mod saving;
pub mod service;

use diesel::{Insertable, Queryable, Selectable};

use crate::db::schema::{client_sequences, events, pages, revisions};
use crate::db::types::Timestamp;
use crate::error::{Error, UserErrorCode};
use crate::id::{NotebookId, PageId, RevisionId, UserId};
use crate::notebooks::{Access, CollaboratorRole, Notebook};
use crate::text::Format;
use crate::viewer::Viewer;

/// How a page's content is written.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum ContentFormat {
    /// CommonMark with GFM tables, task lists and strikethrough.
    Markdown,
    /// An editor's own JSON tree (Slate, ProseMirror/Tiptap, Lexical), kept byte for byte.
    RichJson,
}
crate::db::types::text_enum!(ContentFormat {
    Markdown = "MARKDOWN",
    RichJson = "RICH_JSON"
});

impl From<ContentFormat> for Format {
    fn from(format: ContentFormat) -> Self {
        match format {
            ContentFormat::Markdown => Self::Markdown,
            ContentFormat::RichJson => Self::RichJson,
        }
    }
}

/// How a revision came to be.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum RevisionKind {
    /// The page's first text.
    Created,
    /// Saved by the editor by itself; thinned out once a later one of the same sitting took its place.
    Autosave,
    /// Saved by its author.
    Saved,
    /// A save that held changes of somebody else's, too.
    Merged,
    /// An older text, brought back.
    Restored,
    /// It is, or was, what readers see.
    Published,
}
crate::db::types::text_enum!(RevisionKind {
    Created = "CREATED",
    Autosave = "AUTOSAVE",
    Saved = "SAVED",
    Merged = "MERGED",
    Restored = "RESTORED",
    Published = "PUBLISHED"
});

/// What happened to a page.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum PageEventKind {
    /// It was made.
    Created,
    /// Its editor saved it by itself.
    Autosaved,
    /// Its author saved it.
    Saved,
    /// It was saved together with somebody else's changes.
    Merged,
    /// An older text was brought back, or the page came out of the trash.
    Restored,
    /// It stands at another place in its notebook.
    Moved,
    /// Readers see this revision from now on.
    Published,
    /// Readers no longer see it.
    Unpublished,
    /// It was moved to the trash, or is gone for good.
    Deleted,
}
crate::db::types::text_enum!(PageEventKind {
    Created = "CREATED",
    Autosaved = "AUTOSAVED",
    Saved = "SAVED",
    Merged = "MERGED",
    Restored = "RESTORED",
    Moved = "MOVED",
    Published = "PUBLISHED",
    Unpublished = "UNPUBLISHED",
    Deleted = "DELETED"
});

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

/// A page with what decides who may see it.
pub type Placed = (Page, Notebook, Option<CollaboratorRole>);

/// A page as one viewer sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The page.
    pub page: Page,
    /// What the viewer may do in its notebook.
    pub access: Access,
}

impl Seen {
    /// The page for a viewer with `access` to its notebook; `None` where it does not exist for them.
    pub fn with(page: Page, access: Access) -> Option<Self> {
        let visible = if page.deleted_at.is_some() {
            access.edits()
        } else {
            access.sees_drafts() || page.published_revision_id.is_some()
        };
        visible.then_some(Self { page, access })
    }

    /// The page for `viewer`.
    pub fn by(viewer: &Viewer, (page, notebook, share): Placed) -> Option<Self> {
        Access::decide(viewer, &notebook, share).and_then(|access| Self::with(page, access))
    }

    /// The revision whose text the viewer reads: the draft, or what is published.
    pub fn revision_id(&self) -> RevisionId {
        if self.access.sees_drafts() {
            self.page.current_revision_id
        } else {
            // A reader sees a page because it has one.
            self.page
                .published_revision_id
                .unwrap_or(self.page.current_revision_id)
        }
    }

    /// Whether the viewer may read a revision of this page.
    pub fn shows(&self, revision: RevisionId) -> bool {
        self.access.sees_drafts() || self.page.published_revision_id == Some(revision)
    }
}

/// Which pages of a notebook a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// Those that readers see.
    Public,
    /// All that are not in the trash.
    Drafts,
    /// Those in the trash.
    Trash,
}

/// How many pages and words a notebook has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Pages that are not in the trash.
    pub pages: i32,
    /// Their words.
    pub words: i32,
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
