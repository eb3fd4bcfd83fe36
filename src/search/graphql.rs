//! `search` on the wire.

use std::sync::Arc;

use async_graphql::{Context, Object, Union};
use futures_util::future::try_join_all;

use super::query::Query;
use super::{Hit, SearchKind, service, snippet};
use crate::accounts::graphql::{User, load_user};
use crate::error::Result;
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::paging::{PageArgs, Slice};
use crate::id::{NotebookId, PageId, UserId};
use crate::notebooks::graphql::Notebook;
use crate::notebooks::loaders::Loaders as NotebookLoaders;
use crate::pages::content;
use crate::pages::graphql::{Page, text_of};
use crate::pages::loaders::Loaders as PageLoaders;

connection!(SearchHitConnection, SearchHitEdge, SearchHit, "hits");

/// What was found.
#[derive(Union, Clone)]
pub enum SearchSubject {
    /// A notebook.
    Notebook(Notebook),
    /// A page.
    Page(Page),
    /// A user.
    User(User),
}

/// Something that was found.
#[derive(Clone)]
pub struct SearchHit {
    subject: SearchSubject,
    score: i64,
    query: Arc<Query>,
}

/// Something that was found.
#[Object]
impl SearchHit {
    /// What was found, as the viewer sees it.
    async fn subject(&self) -> &SearchSubject {
        &self.subject
    }

    /// How well it matches: the more, the better, and the same on every database. It compares hits of one query alone.
    async fn score(&self) -> f64 {
        self.score as f64 / 1000.0
    }

    /// Matching text; matches stand between <mark> and </mark>, the rest is HTML-escaped. Of a page it is from the text that
    /// the viewer sees, of a notebook from its description, of a user from what they say about themselves; the
    /// title or the names where only those match.
    #[graphql(directive = cost::apply(2))]
    async fn snippet(&self, ctx: &Context<'_>) -> Result<String> {
        let query = Arc::clone(&self.query);
        match &self.subject {
            SearchSubject::Page(Page(seen)) => {
                let text = text_of(ctx, seen.revision_id()).await?;
                let format = seen.page.format;
                content::off_thread(text.content.len(), move || {
                    snippet::of(&query, &text.title, &content::plain(format, &text.content))
                })
                .await
            }
            SearchSubject::Notebook(Notebook(seen)) => {
                let notebook = &seen.notebook;
                Ok(snippet::of(&query, &notebook.title, &notebook.description))
            }
            SearchSubject::User(user) => {
                let row = user.row();
                let names = format!("{} {}", row.display_name, row.username);
                let bio = row.bio.as_deref().unwrap_or_default();
                Ok(snippet::of(&query, &names, bio))
            }
        }
    }
}

/// The search.
#[derive(Default)]
pub struct SearchQueries;

/// The search.
#[Object]
impl SearchQueries {
    /// Notebooks, pages and users by the words in them, the best matches first: in any form of Portuguese,
    /// Spanish and English words, without regard to case and accents, and in scripts without spaces too.
    ///
    /// All words are wanted, and the last one may be the beginning of one, as it is being typed: end it with a
    /// blank where it is whole. `"words in quotes"` stand side by side as they are, `beginn*` is the beginning of a
    /// word, and `-word` must not be there. Only what the viewer may read is found and counted: readers find what is published,
    /// authors and collaborators find their drafts, and nobody finds what lies in the trash.
    #[graphql(directive = cost::apply(20))]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look for: at most 1,000 characters and 32 words.")] query: String,
        #[graphql(
            desc = "Only these kinds; all of them where it is omitted, but users for signed-in viewers alone."
        )]
        kinds: Option<Vec<SearchKind>>,
        #[graphql(
            desc = "So many from the start of the list, at most 100; 20 where it is omitted."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor of the same search.")] after: Option<
            String,
        >,
    ) -> Result<Option<SearchHitConnection>> {
        let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?);
        let args = PageArgs {
            first,
            after,
            ..PageArgs::default()
        };
        let found = service::search(&app, viewer, &query, kinds, args).await?;
        let subjects = found.hits.rows.iter().map(|(_, hit)| subject(ctx, hit));
        let subjects = try_join_all(subjects).await?;
        let rows = found.hits.rows.into_iter().zip(subjects);
        // What went between the two statements is left out.
        let rows = rows.filter_map(|((cursor, hit), subject)| {
            let hit = SearchHit {
                subject: subject?,
                score: hit.score,
                query: Arc::clone(&found.query),
            };
            Some((cursor, hit))
        });
        let slice = Slice {
            rows: rows.collect(),
            has_previous: found.hits.has_previous,
            has_next: found.hits.has_next,
        };
        let search = found.search;
        Ok(Some(SearchHitConnection(Items::new(slice, move || {
            let (app, search) = (app.clone(), search.clone());
            async move { service::count(&app, search).await }
        }))))
    }
}

/// The subject as the viewer may see it: each kind is loaded in one statement, and decided once more by its own rules.
async fn subject(ctx: &Context<'_>, hit: &Hit) -> Result<Option<SearchSubject>> {
    let id = hit.subject_id.0;
    Ok(match hit.kind {
        SearchKind::Notebook => {
            let loaders = ctx.loaders::<NotebookLoaders>()?;
            let seen = loaders.notebooks.load(NotebookId(id)).await?;
            seen.map(|seen| SearchSubject::Notebook(Notebook(seen)))
        }
        SearchKind::Page => {
            let loaders = ctx.loaders::<PageLoaders>()?;
            let seen = loaders.pages.load(PageId(id)).await?;
            seen.map(|seen| SearchSubject::Page(Page(seen)))
        }
        SearchKind::User => load_user(ctx, UserId(id)).await?.map(SearchSubject::User),
    })
}
