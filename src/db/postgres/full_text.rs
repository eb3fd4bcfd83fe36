//! Full text in PostgreSQL: the tokens are two `tsvector`s of the document, and a GIN index finds them. They
//! come ready from the program, so that no text-search configuration of the server has a say.

use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::sql_types::Text;

use super::Backend;

/// The tokens of a document as this dialect takes them.
macro_rules! tokens {
    ($document:expr) => {
        [$document.content(), $document.heading()]
    };
}
/// What has to match, in this dialect's language.
macro_rules! matching {
    ($expression:expr) => {
        $expression.tsquery()
    };
}
pub(crate) use {matching, tokens};

/// What the documents' own table keeps of the tokens.
pub const COLUMNS: &str = ", content, heading";
/// Where the tokens of the document go that was just stored: they are in it.
pub const BESIDE: Option<&str> = None;
/// The documents that match come from here, as `d`.
pub const FROM: &str = "search_documents AS d";

/// The tokens, bound.
pub fn push_tokens<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    [content, heading]: &'b [String; 2],
) -> QueryResult<()> {
    out.push_bind_param::<Text, _>(content)?;
    out.push_sql("::tsvector, ");
    out.push_bind_param::<Text, _>(heading)?;
    out.push_sql("::tsvector");
    Ok(())
}

/// That a document of [`FROM`] matches.
pub fn push_match<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    expression: &'b String,
) -> QueryResult<()> {
    out.push_sql("d.content @@ ");
    out.push_bind_param::<Text, _>(expression)?;
    out.push_sql("::tsquery");
    Ok(())
}

/// That the document `d` has these marks besides. They are few and lie in the row: no index is asked.
pub fn push_heading<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    expression: &'b String,
) -> QueryResult<()> {
    // Read once, and not for every row.
    out.push_sql("d.heading @@ (SELECT ");
    out.push_bind_param::<Text, _>(expression)?;
    out.push_sql("::tsquery)");
    Ok(())
}

/// That the document `d` has these words besides. The index is asked again, as reading the row's own tokens
/// would unpack them all.
pub fn push_content<'b>(
    out: &mut AstPass<'_, 'b, Backend>,
    expression: &'b String,
) -> QueryResult<()> {
    out.push_sql("d.id IN (SELECT e.id FROM search_documents AS e WHERE e.content @@ ");
    out.push_bind_param::<Text, _>(expression)?;
    out.push_sql("::tsquery)");
    Ok(())
}
