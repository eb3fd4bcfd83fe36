//! Queries over what models said.

use async_graphql::{Context, Object};

use super::classification::{Classification, ClassificationConnection, ClassificationFilter};
use super::prediction::{Prediction, PredictionConnection, PredictionFilter};
use crate::error::{Error, Result};
use crate::graphql::connection::Items;
use crate::graphql::context::Request;
use crate::graphql::paging::{PageArgs, Slice};
use crate::id::PredictionId;
use crate::predictions::{history, service};

/// What can be asked about predictions and classifications.
#[derive(Default)]
pub struct PredictionQueries;

/// What can be asked about predictions and classifications.
#[Object]
impl PredictionQueries {
    /// Predictions, the newest first: everybody's for administrators, their own for others.
    async fn predictions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which ones; all of them where it is omitted.")] filter: Option<
            PredictionFilter,
        >,
    ) -> Result<Option<PredictionConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = filter.unwrap_or_default().read()?;
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page, filter).await?;
        let slice = slice.map(|(cursor, row)| (cursor, Prediction(row)));
        Ok(Some(PredictionConnection(Items { slice, count })))
    }

    /// One prediction; null where there is none, or none that the viewer may see.
    async fn prediction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The prediction's id.")] id: PredictionId,
    ) -> Result<Option<Prediction>> {
        let found = service::find(ctx.app()?, ctx.viewer()?, id).await?;
        Ok(found.map(Prediction))
    }

    /// Classifications, the newest first: the viewer's own and those by models of theirs, everybody's for administrators.
    async fn classifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which ones; all of them where it is omitted.")] filter: Option<
            ClassificationFilter,
        >,
    ) -> Result<Option<ClassificationConnection>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        viewer.require()?;
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = filter.unwrap_or_default().read(ctx).await?;
        let Items { slice, count } = match filter {
            Some(filter) => history::list(app, viewer, page, filter).await?,
            None => {
                let slice = Slice {
                    rows: Vec::new(),
                    has_previous: false,
                    has_next: false,
                };
                Items::new(slice, || async { Ok(0) })
            }
        };
        let slice = slice.map(|(cursor, row)| (cursor, Classification(row)));
        Ok(Some(ClassificationConnection(Items { slice, count })))
    }
}

/// A text of a filter, which every database can compare.
pub(super) fn text(name: &str, text: Option<String>) -> Result<Option<String>> {
    match text {
        Some(text) if text.contains('\0') => Err(Error::bad_input(format!(
            "`filter.{name}` holds U+0000, which nothing here has."
        ))),
        text => Ok(text),
    }
}
