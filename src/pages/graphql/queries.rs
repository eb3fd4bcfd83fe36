//! Queries about pages and revisions.

use async_graphql::{Context, Object};

use super::{Page, Revision};
use crate::error::Result;
use crate::graphql::context::Request;
use crate::id::{PageId, RevisionId};
use crate::pages::{history, service};

/// Queries about pages and revisions.
#[derive(Default)]
pub struct PageQueries;

/// Queries about pages and revisions.
#[Object]
impl PageQueries {
    /// A page, if there is one of this id that the viewer may see.
    async fn page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page's id.")] id: PageId,
    ) -> Result<Option<Page>> {
        Ok(service::find(ctx.app()?, ctx.viewer()?, id)
            .await?
            .map(Page))
    }

    /// A revision, if there is one of this id that the viewer may see: every one for those who see
    /// drafts, the published one for readers.
    async fn revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The revision's id.")] id: RevisionId,
    ) -> Result<Option<Revision>> {
        let found = history::find(ctx.app()?, ctx.viewer()?, id).await?;
        Ok(found.map(|(revision, page)| Revision { revision, page }))
    }
}
