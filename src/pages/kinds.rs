//! The fixed vocabularies of pages: formats, kinds of revisions, kinds of events.

use crate::text::Format;

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
