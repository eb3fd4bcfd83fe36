//! DataLoaders of jobs, one set per request.

use super::service::sees;
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::id::JobId;
use crate::jobs::Job;
use crate::viewer::Viewer;

/// What resolvers load in batches.
pub struct Loaders {
    /// Jobs that the viewer may see.
    pub jobs: Loader<JobId, Job>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App, viewer: &Viewer) -> Self {
        let (db, viewer) = (app.db.clone(), viewer.clone());
        Self {
            jobs: Loader::new(move |ids: Vec<JobId>| {
                let (db, viewer) = (db.clone(), viewer.clone());
                async move {
                    let rows = query!(db, jobs::by_ids(ids))?;
                    let seen = rows.into_iter().filter(|job| sees(&viewer, job));
                    Ok(seen.map(|job| (job.id, job)).collect())
                }
            }),
        }
    }
}
