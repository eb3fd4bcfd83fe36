//! PageMutations of pages, but for saving.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};

use super::{Page, Revision};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::payload::{DeletePayload, payload};
use crate::id::{NotebookId, PageId, RevisionId};
use crate::pages::service::{self, NewPage};
use crate::pages::{ContentFormat, history, organising, publishing};

payload! {
    /// What a change to a page gives.
    PagePayload {
        /// The page as it is now.
        page: Page
    }
}

payload! {
    /// What a change to a revision's name gives.
    RevisionPayload {
        /// The revision as it is now.
        revision: Revision
    }
}

/// What makes up a new page.
#[derive(InputObject)]
pub struct CreatePageInput {
    /// The notebook that it goes into.
    notebook_id: NotebookId,
    /// 1 to 200 characters on one line.
    title: String,
    /// Its text, at most 5 MiB; empty where it is left out. A RICH_JSON page needs one.
    content: Option<String>,
    /// How the text is written; MARKDOWN where it is left out.
    format: Option<ContentFormat>,
    /// 0-based; appended where omitted.
    position: Option<i32>,
}

/// PageMutations of pages.
#[derive(Default)]
pub struct PageMutations;

/// PageMutations of pages.
#[Object]
impl PageMutations {
    /// Makes a page: a draft that those who share the notebook see.
    async fn create_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What makes it up.")] input: CreatePageInput,
    ) -> Result<Option<PagePayload>> {
        let input = NewPage {
            notebook_id: input.notebook_id,
            title: input.title,
            content: input.content,
            format: input.format,
            position: input.position,
        };
        let result = service::create(ctx.app()?, ctx.viewer()?, input).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Moves a page within its notebook; the other pages move up or down.
    async fn move_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
        #[graphql(desc = "Its new place, 0-based.")] position: i32,
    ) -> Result<Option<PagePayload>> {
        let result = organising::relocate(ctx.app()?, ctx.viewer()?, page_id, position).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Readers see `revisionId` (by default the draft at the time of the call) from now on, or from `at`
    /// on. In a draft notebook this prepares the page: readers see it once the notebook is published.
    async fn publish_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
        #[graphql(desc = "Which revision of it; by default the draft at the time of the call.")]
        revision_id: Option<RevisionId>,
        #[graphql(
            desc = "When, at most five years ahead; now where it is left out or has passed. Another publication that waits is replaced."
        )]
        at: Option<DateTime<Utc>>,
    ) -> Result<Option<PagePayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let at = at.map(Timestamp::truncated);
        let result = publishing::publish(app, viewer, page_id, revision_id, at).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Cancels a publication that waits for its time.
    async fn cancel_scheduled_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
    ) -> Result<Option<PagePayload>> {
        let result = publishing::cancel(ctx.app()?, ctx.viewer()?, page_id).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Takes a page back from the public.
    async fn unpublish_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
    ) -> Result<Option<PagePayload>> {
        let result = publishing::unpublish(ctx.app()?, ctx.viewer()?, page_id).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Moves a page to the trash; `restorePage` brings it back, `purgePage` removes it for good. A
    /// publication that waits for its time is cancelled.
    async fn delete_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
    ) -> Result<Option<PagePayload>> {
        let result = organising::delete(ctx.app()?, ctx.viewer()?, page_id).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Takes a page out of the trash, to where it stood, or to the end where the notebook has fewer pages
    /// now.
    async fn restore_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
    ) -> Result<Option<PagePayload>> {
        let result = organising::restore(ctx.app()?, ctx.viewer()?, page_id).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Removes a page that is in the trash, with all its revisions, for good. Only the notebook's owner may.
    async fn purge_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
    ) -> Result<Option<DeletePayload>> {
        let result = organising::purge(ctx.app()?, ctx.viewer()?, page_id).await;
        DeletePayload::of(result).map(Some)
    }

    /// Rolls back: the old text becomes a new revision, and nothing is lost.
    async fn restore_revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which revision.")] revision_id: RevisionId,
    ) -> Result<Option<PagePayload>> {
        let result = history::restore(ctx.app()?, ctx.viewer()?, revision_id).await;
        PagePayload::of(result.map(Page)).map(Some)
    }

    /// Names a revision, which keeps it for good; without a name, takes its name away.
    async fn name_revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which revision.")] revision_id: RevisionId,
        #[graphql(desc = "At most 100 characters.")] name: Option<String>,
    ) -> Result<Option<RevisionPayload>> {
        let result = history::rename(ctx.app()?, ctx.viewer()?, revision_id, name).await;
        let result = result.map(|(revision, page)| Revision { revision, page });
        RevisionPayload::of(result).map(Some)
    }
}
