//! Notebooks, who shares them, and the one function that says what a viewer may do with them.

pub mod graphql;
pub mod loaders;
pub mod service;
pub mod sharing;

use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use crate::db::schema::{collaborators, notebooks};
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, UserErrorCode};
use crate::graphql::paging::Window;
use crate::id::{CollaboratorId, NotebookId, UserId};
use crate::viewer::Viewer;

/// A notebook's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = notebooks)]
pub struct Notebook {
    /// Its id.
    pub id: NotebookId,
    /// Who made it.
    pub owner_id: UserId,
    /// 1 to 200 characters.
    pub title: String,
    /// What the title is sorted by.
    pub title_key: String,
    /// At most 5,000 characters.
    pub description: String,
    /// The application's own data.
    pub metadata: JsonValue,
    /// Since when it is public.
    pub published_at: Option<Timestamp>,
    /// `published_at`, or 1970 for drafts.
    pub published_order: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it or one of its pages was last changed.
    pub updated_at: Timestamp,
    /// Since when it is in the trash.
    pub deleted_at: Option<Timestamp>,
    /// The number of its last event.
    pub event_seq: i64,
}

/// What `updateNotebook` changes; `None` leaves a column as it is.
#[derive(AsChangeset)]
#[diesel(table_name = notebooks)]
pub struct Change {
    /// The new title.
    pub title: Option<String>,
    /// What it is sorted by.
    pub title_key: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// The new metadata.
    pub metadata: Option<JsonValue>,
    /// Now.
    pub updated_at: Timestamp,
}

/// What a collaborator may do.
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
pub enum CollaboratorRole {
    /// Reads drafts.
    Viewer,
    /// Reads and writes drafts, and publishes pages.
    Editor,
}
crate::db::types::text_enum!(CollaboratorRole {
    Viewer = "VIEWER",
    Editor = "EDITOR"
});

/// A person's share in a notebook.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = collaborators)]
pub struct Collaborator {
    /// Its id.
    pub id: CollaboratorId,
    /// The notebook.
    pub notebook_id: NotebookId,
    /// The person.
    pub user_id: UserId,
    /// What they may do.
    pub role: CollaboratorRole,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a viewer may do with a notebook; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Reads what is published.
    Reader,
    /// Reads drafts.
    Viewer,
    /// Writes and publishes pages.
    Editor,
    /// Everything: the owner, and administrators.
    Owner,
}

impl Access {
    /// Decides what `viewer`, whose share is `share`, may do with `notebook`; `None` where it does not exist for them.
    ///
    /// Every query, mutation, DataLoader and subscription goes through here.
    pub fn decide(
        viewer: &Viewer,
        notebook: &Notebook,
        share: Option<CollaboratorRole>,
    ) -> Option<Self> {
        if viewer.is_admin() || viewer.id() == Some(notebook.owner_id) {
            return Some(Self::Owner);
        }
        if notebook.deleted_at.is_some() {
            return None;
        }
        match share {
            Some(CollaboratorRole::Editor) => Some(Self::Editor),
            Some(CollaboratorRole::Viewer) => Some(Self::Viewer),
            None => notebook.published_at.map(|_| Self::Reader),
        }
    }

    /// Whether drafts are shown.
    pub fn sees_drafts(self) -> bool {
        self >= Self::Viewer
    }

    /// Whether pages may be written.
    pub fn edits(self) -> bool {
        self >= Self::Editor
    }
}

/// A notebook as one viewer sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The notebook.
    pub notebook: Notebook,
    /// What the viewer may do with it.
    pub access: Access,
}

impl Seen {
    /// What `viewer` sees of a row; `None` where it does not exist for them.
    pub fn by(
        viewer: &Viewer,
        (notebook, share): (Notebook, Option<CollaboratorRole>),
    ) -> Option<Self> {
        Access::decide(viewer, &notebook, share).map(|access| Self { notebook, access })
    }
}

/// Which notebooks a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything that is public, perhaps of one owner.
    Public(Option<UserId>),
    /// Everything of an owner, drafts included.
    OwnedBy(UserId),
    /// The trash of an owner.
    TrashOf(UserId),
    /// What others share with somebody.
    SharedWith(UserId),
}

/// What a list is sorted by.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotebookOrderField {
    /// When it was made.
    CreatedAt,
    /// When it or one of its pages was last changed.
    UpdatedAt,
    /// When it was published; drafts count as the oldest.
    PublishedAt,
    /// By title, without regard to case.
    Title,
}

/// Which way a list runs.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderDirection {
    /// Smallest, oldest or first letter first.
    Asc,
    /// Largest, newest or last letter first.
    Desc,
}

/// The page of a list to read, by the kind of its sort key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Range {
    /// Sorted by a time.
    Time(NotebookOrderField, Window<(Timestamp, NotebookId)>),
    /// Sorted by title.
    Title(Window<(String, NotebookId)>),
}

impl Notebook {
    /// The time that `field` sorts by.
    pub fn time(&self, field: NotebookOrderField) -> Timestamp {
        match field {
            NotebookOrderField::UpdatedAt => self.updated_at,
            NotebookOrderField::PublishedAt => self.published_order,
            NotebookOrderField::CreatedAt | NotebookOrderField::Title => self.created_at,
        }
    }
}

/// The error for a notebook that does not exist for the viewer.
pub fn not_found() -> Error {
    Error::not_found("notebook", ["notebookId"])
}

/// The error for a change to a notebook that is in the trash.
pub fn in_the_trash() -> Error {
    Error::user(
        UserErrorCode::Conflict,
        ["notebookId"],
        "The notebook is in the trash: restore it first.",
    )
}
