//! Finding notebooks, pages and users by what stands in them.
//!
//! Each notebook, each account, and each revision of a page that anybody reads as the page (the draft, the published one)
//! has a document in the index. As it is revisions that are indexed, publishing the draft writes nothing, and
//! what a viewer finds of a page is the document of the revision that they read: a page is found once, by
//! the text that the viewer sees. Who sees what is joined from pages and notebooks when somebody searches.
//!
//! **Ranking.** The engines' own measures (`bm25`, `ts_rank`) differ, and depend on texts that the viewer may not read.
//! So a hit's score is a whole number that both databases add up in SQL from the same facts of the document and
//! the query alone: whether all words of the query stand in the title as they were typed, or in other forms,
//! how much of the title they are, whether the text is about them (words that return often in it), whether the
//! text has them as they were typed, and how short it is. The weights stand in `search/store.rs`; equal scores go by age, the newest
//! first. Whole numbers make `(score, id)` a sound key for cursors.

pub mod document;
pub mod expression;
pub mod graphql;
pub mod jobs;
pub mod query;
pub mod service;
pub mod snippet;

use diesel::sql_types::{BigInt, Text};
use diesel::{Queryable, QueryableByName};
use uuid::Uuid;

use crate::db::types::Guid;
use crate::id::{NotebookId, PageId, UserId};
use crate::viewer::Viewer;

pub use document::{Body, Document};

/// What can be found.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum SearchKind {
    /// By title and description.
    Notebook,
    /// By title and text.
    Page,
    /// By username, display name and what they say about themselves; for signed-in viewers.
    User,
}
crate::db::types::text_enum!(SearchKind {
    Notebook = "NOTEBOOK",
    Page = "PAGE",
    User = "USER"
});

impl SearchKind {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Notebook, Self::Page, Self::User];
}

/// Who searches, as the index's join wants to know it.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// The account; nil for strangers.
    pub id: UserId,
    /// Sees every draft.
    pub everything: bool,
}

impl Reader {
    /// What `viewer` may find.
    pub fn of(viewer: &Viewer) -> Self {
        Self {
            id: viewer.id().unwrap_or(UserId(Uuid::nil())),
            everything: viewer.is_admin(),
        }
    }
}

/// A search on its way to the database.
#[derive(Debug, Clone)]
pub struct Search {
    /// What has to match, and what makes a hit better.
    pub matching: query::Matching,
    /// Which kinds of subjects; not empty.
    pub kinds: Vec<SearchKind>,
    /// Who searches.
    pub reader: Reader,
}

/// Behind which hit a page of hits begins: its score and id.
pub type Place = (i64, SubjectId);

/// The id of a hit's subject, whatever kind it is of.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = Guid)]
pub struct SubjectId(pub Uuid);
crate::db::types::guid_newtype!(SubjectId);

/// A hit as the database gives it.
#[derive(Debug, Clone, Queryable, QueryableByName)]
pub struct Hit {
    /// What it is.
    #[diesel(sql_type = Text)]
    pub kind: SearchKind,
    /// Which one.
    #[diesel(sql_type = Guid)]
    pub subject_id: SubjectId,
    /// How well it matches.
    #[diesel(sql_type = BigInt)]
    pub score: i64,
}

/// Whose text a document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A notebook's title and description.
    Notebook(NotebookId),
    /// A revision of a page, in its notebook.
    Page(NotebookId, PageId, crate::id::RevisionId),
    /// An account.
    User(UserId),
}
