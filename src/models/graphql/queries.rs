//! Queries over models.

use async_graphql::{Context, Object};

use super::model::{Model, ModelConnection};
use crate::error::Result;
use crate::graphql::connection::Items;
use crate::graphql::context::Request;
use crate::graphql::paging::PageArgs;
use crate::models::{Task, service};

/// What can be asked about models.
#[derive(Default)]
pub struct ModelQueries;

/// What can be asked about models.
#[Object]
impl ModelQueries {
    /// All models, the newest first; for those who are signed in. Forecasts that need no training (`naive`, `ets`, …)
    /// are always there and in no list.
    async fn models(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that do this.")] task: Option<Task>,
    ) -> Result<Option<ModelConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page, task).await?;
        let slice = slice.map(|(cursor, model)| (cursor, Model(model)));
        Ok(Some(ModelConnection(Items { slice, count })))
    }

    /// One model; null where none has the name, and for strangers.
    async fn model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name; the case of the letters does not matter.")] name: String,
    ) -> Result<Option<Model>> {
        let found = service::find_by_name(ctx.app()?, ctx.viewer()?, &name).await?;
        Ok(found.map(Model))
    }
}
