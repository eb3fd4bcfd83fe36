//! The revision object, and a page's list of revisions.

use std::sync::Arc;

use async_graphql::{Context, Object};

use super::diff::RevisionDiff;
use super::page::{Page, text_of};
use crate::accounts::graphql::{User, load_user};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::paging::{self, PageArgs, Slice, Window};
use crate::id::RevisionId;
use crate::pages::loaders::{Loaders, RevisionsOf};
use crate::pages::{self, ContentFormat, RevisionKind, Seen, history};

connection!(RevisionConnection, RevisionEdge, Revision, "revisions");

/// What cursors of a list of revisions belong to.
const ORDER: &str = "number";

/// A stored text of a page; it never changes.
#[derive(Clone)]
pub struct Revision {
    /// Its row.
    pub revision: pages::Revision,
    /// Its page as the viewer sees it.
    pub page: Seen,
}

/// A stored text of a page; it never changes.
#[Object]
impl Revision {
    /// The revision's id: `revision_…`.
    pub async fn id(&self) -> RevisionId {
        self.revision.id
    }

    /// The page.
    async fn page(&self) -> Page {
        Page(self.page.clone())
    }

    /// Grows within a page.
    async fn number(&self) -> i32 {
        self.revision.number
    }

    /// A name that keeps the revision from being thinned out.
    async fn name(&self) -> Option<&str> {
        self.revision.name.as_deref()
    }

    /// How it came to be.
    async fn kind(&self) -> RevisionKind {
        self.revision.kind
    }

    /// Who wrote it; null once the account is gone.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.revision.author_id {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The model whose proposal this is; null for what people wrote.
    async fn ai_model(&self) -> Option<&str> {
        self.revision.ai_model.as_deref()
    }

    /// The page's title in this revision.
    async fn title(&self) -> &str {
        &self.revision.title
    }

    /// The text, exactly as it was saved.
    #[graphql(directive = cost::apply(3))]
    async fn content(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(text_of(ctx, self.revision.id).await?.content.clone())
    }

    /// How `content` is written.
    async fn format(&self) -> ContentFormat {
        self.revision.format
    }

    /// How many words `content` has.
    async fn word_count(&self) -> i32 {
        self.revision.word_count
    }

    /// Why it was saved, in the author's words.
    async fn message(&self) -> Option<&str> {
        self.revision.message.as_deref()
    }

    /// When it was saved.
    async fn created_at(&self) -> Timestamp {
        self.revision.created_at
    }

    /// What changed from another revision; by default from the one before.
    #[graphql(directive = cost::apply(20))]
    async fn diff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The revision to compare with, of the same page.")]
        from_revision_id: Option<RevisionId>,
    ) -> Result<RevisionDiff> {
        let app = ctx.app()?;
        let from =
            history::compared_with(app, &self.page, &self.revision, from_revision_id).await?;
        let before = match &from {
            Some(from) => Some(text_of(ctx, from.id).await?),
            None => None,
        };
        let after = text_of(ctx, self.revision.id).await?;
        let wire = |revision| Self {
            revision,
            page: self.page.clone(),
        };
        Ok(RevisionDiff {
            from: from.map(wire),
            to: self.clone(),
            diff: history::compare(before, after).await?,
        })
    }
}

/// A revision of a page that the viewer sees, if they may read it.
pub async fn load_revision(
    ctx: &Context<'_>,
    page: &Seen,
    id: RevisionId,
) -> Result<Option<Revision>> {
    if !page.shows(id) {
        return Ok(None);
    }
    let revision = ctx.loaders::<Loaders>()?.revisions.load(id).await?;
    Ok(revision.map(|revision| Revision {
        revision,
        page: page.clone(),
    }))
}

/// A page's history.
pub async fn of_page(
    ctx: &Context<'_>,
    page: &Seen,
    autosaves: bool,
    args: PageArgs,
) -> Result<RevisionConnection> {
    let window: Window<(i32, RevisionId)> = args.window(ORDER)?;
    let loaders = Arc::clone(ctx.loaders::<Loaders>()?);
    let wire = |revision: pages::Revision| {
        let key = (revision.number, revision.id);
        let page = page.clone();
        (paging::encode(ORDER, &key), Revision { revision, page })
    };
    if !page.access.sees_drafts() {
        // The published revision alone, unless the window has passed it.
        let published = loaders.revisions.load(page.revision_id()).await?;
        let rows = published.filter(|revision| {
            let key = revision.number;
            window.after.is_none_or(|(number, _)| key < number)
                && window.before.is_none_or(|(number, _)| key > number)
        });
        let slice = Slice::cut(rows.into_iter().collect(), &window).map(wire);
        return Ok(RevisionConnection(Items::new(slice, || async { Ok(1) })));
    }
    let id = page.page.id;
    let key = RevisionsOf {
        page: id,
        autosaves,
        window: window.clone(),
    };
    let rows = loaders.revisions_of.load(key).await?.unwrap_or_default();
    let slice = Slice::cut(rows, &window).map(wire);
    Ok(RevisionConnection(Items::new(slice, move || {
        let loaders = Arc::clone(&loaders);
        async move {
            let count = loaders.revision_counts.load((id, autosaves)).await?;
            Ok(count.unwrap_or(0))
        }
    })))
}
