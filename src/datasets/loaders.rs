//! DataLoaders of datasets, one set per request.

use super::Dataset;
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::id::DatasetId;
use crate::viewer::Viewer;

/// What resolvers load in batches.
pub struct Loaders {
    /// Datasets that the viewer may see.
    pub datasets: Loader<DatasetId, Dataset>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App, viewer: &Viewer) -> Self {
        let (db, viewer) = (app.db.clone(), viewer.clone());
        Self {
            datasets: Loader::new(move |ids: Vec<DatasetId>| {
                let (db, viewer) = (db.clone(), viewer.clone());
                async move {
                    let rows = query!(db, datasets::by_ids(ids))?;
                    let seen = rows.into_iter().filter(|row| row.shows_to(&viewer));
                    Ok(seen.map(|row| (row.id, row)).collect())
                }
            }),
        }
    }
}
