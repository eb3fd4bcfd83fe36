//! The page object, and a notebook's list of pages.

use std::sync::Arc;

use async_graphql::{Context, Object};

use super::Revision;
use super::revision::{RevisionConnection, load_revision, of_page};
use crate::db::types::Timestamp;
use crate::error::{Code, Error, Result};
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::paging::{self, PageArgs, Slice, Window};
use crate::id::{PageId, RevisionId};
use crate::media::links::{self, Links};
use crate::media::loaders::Loaders as PictureLoaders;
use crate::notebooks::graphql::{Notebook, PublicationState};
use crate::notebooks::{self, loaders::Loaders as NotebookLoaders};
use crate::pages::loaders::{Loaders, PagesOf};
use crate::pages::{ContentFormat, Counts, Seen, Shelf, Text, content};
use crate::text::markdown;

connection!(PageConnection, PageEdge, Page, "pages");

/// What cursors of a list of pages belong to.
const ORDER: &str = "position";

/// A text in a notebook, with its history. Readers see its published revision, while the draft moves on.
#[derive(Clone)]
pub struct Page(pub Seen);

impl Page {
    fn sees_drafts(&self) -> bool {
        self.0.access.sees_drafts()
    }

    async fn text(&self, ctx: &Context<'_>) -> Result<Arc<Text>> {
        text_of(ctx, self.0.revision_id()).await
    }
}

/// The text of a revision.
pub async fn text_of(ctx: &Context<'_>, id: RevisionId) -> Result<Arc<Text>> {
    let text = ctx.loaders::<Loaders>()?.texts.load(id).await?;
    text.ok_or_else(|| {
        Error::refused(
            Code::ServiceUnavailable,
            "The page changed while it was read: ask again.",
        )
    })
}

/// A text in a notebook, with its history. Readers see its published revision, while the draft moves on.
#[Object]
impl Page {
    /// The page's id: `page_…`.
    pub async fn id(&self) -> PageId {
        self.0.page.id
    }

    /// The notebook that it is in.
    async fn notebook(&self, ctx: &Context<'_>) -> Result<Notebook> {
        let loaders = ctx.loaders::<NotebookLoaders>()?;
        let seen = loaders.notebooks.load(self.0.page.notebook_id).await?;
        seen.map(Notebook).ok_or_else(notebooks::not_found)
    }

    /// The draft's title for those who may see drafts; the published one for everyone else.
    async fn title(&self) -> &str {
        match &self.0.page.published_title {
            Some(title) if !self.sees_drafts() => title,
            _ => &self.0.page.title,
        }
    }

    /// The draft for those who may edit it; the published text for everyone else. `draft` and
    /// `published` tell them apart.
    #[graphql(directive = cost::apply(3))]
    async fn content(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.text(ctx).await?.content.clone())
    }

    /// The newest text; null for readers.
    #[graphql(directive = cost::apply(2))]
    async fn draft(&self, ctx: &Context<'_>) -> Result<Option<Revision>> {
        if !self.sees_drafts() {
            return Ok(None);
        }
        load_revision(ctx, &self.0, self.0.page.current_revision_id).await
    }

    /// The text that readers see, once the notebook is public too; null for a page that is not published.
    #[graphql(directive = cost::apply(2))]
    async fn published(&self, ctx: &Context<'_>) -> Result<Option<Revision>> {
        match self.0.page.published_revision_id {
            Some(id) => load_revision(ctx, &self.0, id).await,
            None => Ok(None),
        }
    }

    /// How `content` is written.
    async fn format(&self) -> ContentFormat {
        self.0.page.format
    }

    /// Rendered and sanitised HTML of a MARKDOWN page; null for RICH_JSON. Pictures of this server have addresses that
    /// work in `<img>`, signed ones while the page is not public: ask again rather than keep it for longer than those are good.
    #[graphql(directive = cost::apply(10))]
    async fn html(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if self.0.page.format == ContentFormat::RichJson {
            return Ok(None);
        }
        let app = ctx.app()?;
        let id = self.0.revision_id().0;
        let rendering = async {
            let text = self.text(ctx).await?;
            let bytes = text.content.len();
            content::off_thread(bytes, move || markdown::to_html(&text.content)).await
        };
        let html = app.html.get(id, rendering).await?;
        if !links::are_in(&html) {
            return Ok(Some(html.to_string()));
        }
        // What is kept holds no signatures: they end.
        let shown = match self.sees_drafts() {
            true => {
                let pictures = ctx.loaders::<PictureLoaders>()?;
                pictures.of_pages.load(self.0.page.id).await?
            }
            false => None,
        };
        Ok(Some(
            Links::new(app)?.html(&html, &shown.unwrap_or_default()),
        ))
    }

    /// The text alone, for excerpts and search.
    #[graphql(directive = cost::apply(5))]
    async fn plain_text(&self, ctx: &Context<'_>) -> Result<String> {
        let text = self.text(ctx).await?;
        let format = self.0.page.format;
        content::off_thread(text.content.len(), move || {
            content::plain(format, &text.content)
        })
        .await
    }

    /// How many words `content` has.
    async fn word_count(&self) -> i32 {
        match self.0.page.published_word_count {
            Some(words) if !self.sees_drafts() => words,
            _ => self.0.page.word_count,
        }
    }

    /// Its place in the notebook, 0-based and without gaps; drafts count, so that readers may see gaps.
    async fn position(&self) -> i32 {
        self.0.page.position
    }

    /// Whether readers see it, once the notebook is public too.
    async fn state(&self) -> PublicationState {
        PublicationState::of(self.0.page.published_revision_id.is_some())
    }

    /// The draft is newer than what readers see.
    async fn has_unpublished_changes(&self) -> bool {
        let page = &self.0.page;
        self.sees_drafts()
            && page
                .published_revision_id
                .is_some_and(|published| published != page.current_revision_id)
    }

    /// The revision that `content` holds; pass it back as `baseRevisionId` when saving.
    #[graphql(directive = cost::apply(2))]
    async fn current_revision(&self, ctx: &Context<'_>) -> Result<Revision> {
        let revision = load_revision(ctx, &self.0, self.0.revision_id()).await?;
        revision.ok_or_else(|| Error::internal("a page has no revision"))
    }

    /// When the draft goes public by itself; null for readers.
    async fn publish_at(&self) -> Option<Timestamp> {
        self.0.page.publish_at.filter(|_| self.sees_drafts())
    }

    /// Its history, newest first. Readers see the published revision alone.
    async fn revisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(
            desc = "Autosaves too, except those that a later one of the same sitting took the place of.",
            default_with = "Some(false)"
        )]
        include_autosaves: Option<bool>,
    ) -> Result<RevisionConnection> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        of_page(ctx, &self.0, include_autosaves.unwrap_or(false), args).await
    }

    /// When the page was made.
    async fn created_at(&self) -> Timestamp {
        self.0.page.created_at
    }

    /// When it was last changed; for readers, when what they see was published.
    async fn updated_at(&self) -> Timestamp {
        match self.0.page.published_at {
            Some(published) if !self.sees_drafts() => published,
            _ => self.0.page.updated_at,
        }
    }

    /// Set while the page is in the trash.
    async fn deleted_at(&self) -> Option<Timestamp> {
        self.0.page.deleted_at
    }
}

/// Which of a notebook's pages the viewer counts.
fn shelf(notebook: &notebooks::Seen) -> Shelf {
    if notebook.access.sees_drafts() {
        Shelf::Drafts
    } else {
        Shelf::Public
    }
}

/// How many pages and words a notebook has for its viewer.
pub async fn counts(ctx: &Context<'_>, notebook: &notebooks::Seen) -> Result<Counts> {
    let key = (notebook.notebook.id, shelf(notebook));
    let counts = ctx.loaders::<Loaders>()?.counts.load(key).await?;
    Ok(counts.unwrap_or_default())
}

/// A notebook's pages, or what is in the trash.
pub async fn of_notebook(
    ctx: &Context<'_>,
    notebook: &notebooks::Seen,
    trashed: bool,
    args: PageArgs,
) -> Result<PageConnection> {
    let access = notebook.access;
    let shelf = match trashed {
        false => shelf(notebook),
        true if access.edits() => Shelf::Trash,
        true => {
            return Err(Error::refused(
                Code::Forbidden,
                "Only those who may edit the notebook see its trash.",
            ));
        }
    };
    let window: Window<(i32, PageId)> = args.window(ORDER)?;
    let id = notebook.notebook.id;
    let loaders = Arc::clone(ctx.loaders::<Loaders>()?);
    let key = PagesOf {
        notebook: id,
        shelf,
        window: window.clone(),
    };
    let rows = loaders.pages_of.load(key).await?.unwrap_or_default();
    let seen = rows
        .into_iter()
        .filter_map(|page| Seen::with(page, access))
        .collect();
    let slice = Slice::cut(seen, &window).map(|seen: Seen| {
        let key = (seen.page.position, seen.page.id);
        (paging::encode(ORDER, &key), Page(seen))
    });
    Ok(PageConnection(Items::new(slice, move || {
        let loaders = Arc::clone(&loaders);
        async move {
            let counts = loaders.counts.load((id, shelf)).await?;
            Ok(i64::from(counts.unwrap_or_default().pages))
        }
    })))
}
