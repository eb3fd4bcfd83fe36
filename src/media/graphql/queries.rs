//! Queries over pictures.

use async_graphql::{Context, Object};

use super::{Image, ImageConnection};
use crate::error::Result;
use crate::graphql::connection::Items;
use crate::graphql::context::Request;
use crate::graphql::paging::PageArgs;
use crate::media::service;

/// What can be asked about pictures.
#[derive(Default)]
pub struct ImageQueries;

/// What can be asked about pictures.
#[Object]
impl ImageQueries {
    /// The viewer's own pictures, the newest first. Others are found by `node`, and where they are used.
    async fn images(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<Option<ImageConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page).await?;
        let slice = slice.map(|(cursor, seen)| (cursor, Image(seen)));
        Ok(Some(ImageConnection(Items { slice, count })))
    }
}
