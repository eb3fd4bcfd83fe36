//! Pure functions over what people write: rendering, reading as plain text, counting, comparing and merging.
//!
//! | module | answers |
//! |---|---|
//! | [`markdown`] | Markdown as sanitised HTML and as plain text |
//! | [`rich`] | editor JSON (Slate, Tiptap/ProseMirror, Lexical): checking, plain text, merging by nodes |
//! | [`analysis`] | the words, stems and pairs of characters that texts are found by |
//! | [`words`] | how many words a plain text has |
//! | [`merge`] | a stale save against the current text: three-way merge or conflict |
//! | [`language`], [`sentiment`], [`readability`] | which language a text is in, how it speaks of things, how easily it reads |
//! | [`diff`] | what changed between two texts, as hunks and as a unified diff |
//!
//! Nothing here knows of the database, of GraphQL or of the application. Everything is
//! synchronous and bounded, but five megabytes still take a while: callers on an
//! asynchronous runtime move large texts to a blocking thread.

pub mod analysis;
pub mod diff;
mod diff3;
pub mod language;
mod lines;
pub mod markdown;
pub mod merge;
mod plain;
pub mod readability;
pub mod rich;
pub mod sentiment;
pub mod words;

/// How a page's content is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// CommonMark with GitHub's tables, task lists, strikethrough and autolinks.
    Markdown,
    /// An editor's own JSON tree, kept byte for byte.
    RichJson,
}
