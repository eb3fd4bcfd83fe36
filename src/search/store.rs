//! SQL that finds documents: what matches, who may read it, and how well it matches.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, full_text};
use crate::db::types::Guid;
use crate::error::Result;
use crate::search::{Hit, Place, Reader, Search, SearchKind};

/// What a title is worth that has every word as it was typed,
const TITLE_WORDS: &str = "1000 + 200 / d.title_words";
/// or in some form,
const TITLE_STEMS: &str = "500";
/// or one of them;
const TITLE_ANY: &str = "200";
/// what a text is worth that is about every word,
const TOPICS: &str = "350";
/// and one that has every word as it was typed.
const EXACT: &str = "250";

/// Hits, the best first, one more than the page holds where there is more.
pub async fn find(
    conn: &mut Conn,
    search: Search,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Hit>> {
    let matching = Matching::of(search);
    let hits = Hits {
        matching: &matching,
        after,
        limit,
    };
    let rows: Vec<Hit> = hits.load(conn).await?;
    Ok(rows)
}

/// How many hits there are.
pub async fn count(conn: &mut Conn, search: Search) -> Result<i64> {
    let matching = Matching::of(search);
    let count = Count(&matching).get_result(conn).await?;
    Ok(count)
}

/// A search in this dialect's language.
struct Matching {
    all: String,
    /// What makes a hit better: the words, whether they are marks, and what they are worth.
    better: Vec<(String, bool, &'static str)>,
    kinds: Vec<SearchKind>,
    reader: Reader,
}

impl Matching {
    fn of(search: Search) -> Self {
        let matching = &search.matching;
        let mut better = vec![
            (
                full_text::matching!(matching.title_words),
                true,
                TITLE_WORDS,
            ),
            (
                full_text::matching!(matching.title_stems),
                true,
                TITLE_STEMS,
            ),
            (full_text::matching!(matching.title_any), true, TITLE_ANY),
            (full_text::matching!(matching.topics), true, TOPICS),
        ];
        if let Some(exact) = &matching.exact {
            better.push((full_text::matching!(exact), false, EXACT));
        }
        Self {
            all: full_text::matching!(matching.all),
            better,
            kinds: search.kinds,
            reader: search.reader,
        }
    }

    fn push_score<'b>(&'b self, out: &mut AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("CAST(d.brevity");
        for (words, marks, worth) in &self.better {
            out.push_sql(" + CASE WHEN ");
            if *marks {
                full_text::push_heading(out, words)?;
            } else {
                full_text::push_content(out, words)?;
            }
            out.push_sql(" THEN ");
            out.push_sql(worth);
            out.push_sql(" ELSE 0 END");
        }
        out.push_sql(" AS BIGINT)");
        Ok(())
    }

    /// The documents that match and that the reader may read: of a page, the one of the revision that they see.
    ///
    /// The same as `notebooks::Access` and `pages::Seen` decide, without what lies in the trash; the tests hold
    /// them against each other.
    fn push_readable<'b>(&'b self, out: &mut AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(" FROM ");
        out.push_sql(full_text::FROM);
        out.push_sql(
            " LEFT JOIN notebooks AS n ON n.id = d.notebook_id \
             LEFT JOIN pages AS p ON p.id = d.page_id \
             LEFT JOIN collaborators AS c ON c.notebook_id = d.notebook_id AND c.user_id = ",
        );
        out.push_bind_param::<Guid, _>(&self.reader.id)?;
        out.push_sql(" WHERE ");
        full_text::push_match(out, &self.all)?;
        out.push_sql(" AND d.kind IN (");
        for (index, kind) in self.kinds.iter().enumerate() {
            out.push_sql(if index == 0 { "" } else { ", " });
            out.push_bind_param::<Text, _>(kind)?;
        }
        out.push_sql(
            ") AND (d.kind = 'USER' OR n.deleted_at IS NULL \
             AND (d.kind = 'NOTEBOOK' OR p.deleted_at IS NULL) \
             AND CASE WHEN n.owner_id = ",
        );
        out.push_bind_param::<Guid, _>(&self.reader.id)?;
        out.push_sql(" OR c.user_id IS NOT NULL OR ");
        out.push_bind_param::<Bool, _>(&self.reader.everything)?;
        out.push_sql(
            " THEN d.kind = 'NOTEBOOK' OR d.revision_id = p.current_revision_id \
             ELSE n.published_at IS NOT NULL \
             AND (d.kind = 'NOTEBOOK' OR d.revision_id = p.published_revision_id) END)",
        );
        Ok(())
    }
}

struct Hits<'a> {
    matching: &'a Matching,
    after: Option<Place>,
    limit: i64,
}

impl QueryFragment<Backend> for Hits<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("SELECT kind, subject_id, score FROM (SELECT d.kind, d.subject_id, ");
        self.matching.push_score(&mut out)?;
        out.push_sql(" AS score");
        self.matching.push_readable(&mut out)?;
        out.push_sql(") AS found");
        if let Some((score, id)) = &self.after {
            out.push_sql(" WHERE score < ");
            out.push_bind_param::<BigInt, _>(score)?;
            out.push_sql(" OR score = ");
            out.push_bind_param::<BigInt, _>(score)?;
            out.push_sql(" AND subject_id < ");
            out.push_bind_param::<Guid, _>(id)?;
        }
        out.push_sql(" ORDER BY score DESC, subject_id DESC LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        Ok(())
    }
}

impl QueryId for Hits<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Hits<'_> {
    type SqlType = (Text, Guid, BigInt);
}

struct Count<'a>(&'a Matching);

impl QueryFragment<Backend> for Count<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("SELECT count(*)");
        self.0.push_readable(&mut out)
    }
}

impl QueryId for Count<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Count<'_> {
    type SqlType = BigInt;
}
