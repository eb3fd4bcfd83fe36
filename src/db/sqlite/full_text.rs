//! Full text in SQLite: FTS5 keeps the tokens in a table of its own, under the documents' ids.

use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::sql_types::Text;

use super::Backend;

/// The tokens of a document as this dialect takes them.
macro_rules! tokens {
    ($document:expr) => {
        [$document.words(), $document.marks()]
    };
}
/// What has to match, in this dialect's language.
macro_rules! matching {
    ($expression:expr) => {
        $expression.fts5()
    };
}
pub(crate) use {matching, tokens};

/// What the documents' own table keeps of the tokens.
pub const COLUMNS: &str = "";
/// Where the tokens of the document go that was just stored.
pub const BESIDE: Option<&str> =
    Some("INSERT INTO search_index (rowid, words, marks) VALUES (last_insert_rowid(), ");
/// The documents that match come from here, as `d`. The join runs in this order whatever the planner thinks.
pub const FROM: &str = "search_index AS i CROSS JOIN search_documents AS d ON d.id = i.rowid";

/// The tokens, bound.
pub fn push_tokens<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    [words, marks]: &'b [String; 2],
) -> QueryResult<()> {
    out.push_bind_param::<Text, _>(words)?;
    out.push_sql(", ");
    out.push_bind_param::<Text, _>(marks)
}

/// That a document of [`FROM`] matches.
pub fn push_match<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    expression: &'b String,
) -> QueryResult<()> {
    out.push_sql("i.search_index MATCH ");
    out.push_bind_param::<Text, _>(expression)
}

/// That the document `d` has these marks besides.
pub fn push_heading<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    expression: &'b String,
) -> QueryResult<()> {
    push_content(out, expression)
}

/// That the document `d` has these words besides.
pub fn push_content<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    expression: &'b String,
) -> QueryResult<()> {
    out.push_sql("d.id IN (SELECT rowid FROM search_index WHERE search_index MATCH ");
    out.push_bind_param::<Text, _>(expression)?;
    out.push_sql(")");
    Ok(())
}
