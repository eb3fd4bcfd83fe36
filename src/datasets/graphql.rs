//! Datasets on the wire.

use async_graphql::{Context, InputObject, Object};

use super::service;
use crate::accounts::graphql::{User, load_user};
use crate::datasets::loaders::Loaders;
use crate::datasets::{self, Kind};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::cost::{cost, list_size};
use crate::graphql::date::Date;
use crate::graphql::paging::PageArgs;
use crate::graphql::payload::{DeletePayload, payload};
use crate::graphql::upload::Upload;
use crate::id::DatasetId;

/// A table that models are trained on and forecasts continue: imported once, and never changed.
#[derive(Clone)]
pub struct Dataset(pub datasets::Dataset);

/// A table that models are trained on and forecasts continue: imported once, and never changed.
#[Object]
impl Dataset {
    /// The global id, `dataset_…`.
    pub async fn id(&self) -> DatasetId {
        self.0.id
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Who imported it; null for what the program brought, which everybody who is signed in may use.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.owner_id {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Its columns in their order, with what is in them.
    #[graphql(directive = list_size::apply(Some(20), None))]
    async fn columns(&self) -> Vec<DatasetColumn> {
        let columns = self.0.columns().into_iter();
        columns.map(DatasetColumn).collect()
    }

    /// How many rows it has, beside the header.
    async fn row_count(&self) -> i64 {
        self.0.row_count
    }

    /// Time series: the first day.
    async fn from(&self) -> Option<Date> {
        day(self.0.first_day.as_deref())
    }

    /// Time series: the last day.
    async fn to(&self) -> Option<Date> {
        day(self.0.last_day.as_deref())
    }

    /// Time series: how many days between the first and the last have no row, such as weekends.
    async fn missing_days(&self) -> Option<i64> {
        self.0.missing_days
    }

    /// When it was imported.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

fn day(text: Option<&str>) -> Option<Date> {
    text?.parse().ok().map(Date)
}

/// A column of a dataset and what is in it.
pub struct DatasetColumn(datasets::Column);

/// A column of a dataset and what is in it.
#[Object]
impl DatasetColumn {
    /// Its name, as in the header.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// NUMBER, DATE or TEXT, as nine of ten of its fields are.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        self.0.kind.as_str()
    }

    /// How many rows have nothing in it.
    async fn missing(&self) -> i64 {
        i64::try_from(self.0.missing).unwrap_or(i64::MAX)
    }

    /// The least number; null for columns that hold no numbers.
    async fn min(&self) -> Option<f64> {
        self.0.min
    }

    /// The greatest number.
    async fn max(&self) -> Option<f64> {
        self.0.max
    }

    /// The mean of the numbers.
    async fn mean(&self) -> Option<f64> {
        self.0.mean
    }
}

connection!(DatasetConnection, DatasetEdge, Dataset, "datasets");

payload! {
    /// What an import gives.
    DatasetPayload {
        /// The new dataset.
        dataset: Dataset
    }
}

/// A table in the same multipart request.
#[derive(InputObject)]
pub struct ImportDatasetInput {
    /// What to call it, 1 to 200 characters.
    name: String,
    /// What it is for.
    kind: Kind,
    /// CSV in UTF-8 with a header row. Commas, semicolons, tabs or bars between fields, decimal commas and the usual
    /// ways to write a day are recognised; errors name the line.
    file: Upload,
}

/// What can be asked about datasets.
#[derive(Default)]
pub struct DatasetQueries;

/// What can be asked about datasets.
#[Object]
impl DatasetQueries {
    /// The viewer's own datasets and those that the program brought, for administrators everybody's; the newest first.
    async fn datasets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<Option<DatasetConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page).await?;
        let slice = slice.map(|(cursor, row)| (cursor, Dataset(row)));
        Ok(Some(DatasetConnection(Items { slice, count })))
    }

    /// One dataset; null where there is none, or none that the viewer may see.
    async fn dataset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The dataset's id.")] id: DatasetId,
    ) -> Result<Option<Dataset>> {
        load_dataset(ctx, id).await
    }
}

/// What can be changed about datasets.
#[derive(Default)]
pub struct DatasetMutations;

/// What can be changed about datasets.
#[Object]
impl DatasetMutations {
    /// Reads a CSV that comes in the same multipart request, checks every field of it, and keeps it as the viewer's.
    #[graphql(directive = cost::apply(200))]
    async fn import_dataset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The table.")] input: ImportDatasetInput,
    ) -> Result<Option<DatasetPayload>> {
        ctx.viewer()?.require()?;
        let file = input.file.value(ctx)?.content;
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = service::import(app, viewer, &input.name, input.kind, file).await;
        DatasetPayload::of(result.map(Dataset)).map(Some)
    }

    /// Removes a dataset; its owner and administrators may. Models that were trained on it stay, with their metrics
    /// and the hash of the data.
    async fn delete_dataset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which dataset.")] dataset_id: DatasetId,
    ) -> Result<Option<DeletePayload>> {
        let result = service::delete(ctx.app()?, ctx.viewer()?, dataset_id).await;
        DeletePayload::of(result).map(Some)
    }
}

/// The dataset of that id, if the viewer may see it, by the request's DataLoader.
pub async fn load_dataset(ctx: &Context<'_>, id: DatasetId) -> Result<Option<Dataset>> {
    let found = ctx.loaders::<Loaders>()?.datasets.load(id).await?;
    Ok(found.map(Dataset))
}
