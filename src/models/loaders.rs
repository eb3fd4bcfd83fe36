//! DataLoaders of models, one set per request. Everybody who is signed in may see what they load.

use std::collections::HashMap;

use super::{AliasChange, Model, Version};
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::graphql::paging::Window;
use crate::id::{ModelId, ModelVersionId};

/// How many changes of aliases are shown of a model.
pub const CHANGES: i64 = 100;

/// A part of a model's versions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VersionsOf {
    /// Which model.
    pub model: ModelId,
    /// Which part.
    pub window: Window<(i32, ModelVersionId)>,
}

/// What resolvers load in batches.
pub struct Loaders {
    /// Models by their ids.
    pub models: Loader<ModelId, Model>,
    /// Versions by their ids.
    pub versions: Loader<ModelVersionId, Version>,
    /// Parts of lists of versions.
    pub versions_of: Loader<VersionsOf, Vec<Version>>,
    /// How many versions models have.
    pub counts: Loader<ModelId, i64>,
    /// What became of their aliases.
    pub changes: Loader<ModelId, Vec<AliasChange>>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App) -> Self {
        let db = || app.db.clone();
        let (models, versions, versions_of, counts, changes) = (db(), db(), db(), db(), db());
        Self {
            models: Loader::new(move |ids: Vec<ModelId>| {
                let db = models.clone();
                async move {
                    let rows = query!(db, models::by_ids(ids))?;
                    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
                }
            }),
            versions: Loader::new(move |ids: Vec<ModelVersionId>| {
                let db = versions.clone();
                async move {
                    let rows = query!(db, models::versions(ids))?;
                    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
                }
            }),
            versions_of: Loader::new(move |keys: Vec<VersionsOf>| {
                let db = versions_of.clone();
                async move {
                    let mut windows: HashMap<_, Vec<ModelId>> = HashMap::new();
                    for key in keys {
                        windows.entry(key.window).or_default().push(key.model);
                    }
                    let mut found: HashMap<_, Vec<_>> = HashMap::new();
                    for (window, of) in windows {
                        for row in query!(db, models::versions_of(of, window.clone()))? {
                            let key = VersionsOf {
                                model: row.model_id,
                                window: window.clone(),
                            };
                            found.entry(key).or_default().push(row);
                        }
                    }
                    Ok(found)
                }
            }),
            counts: Loader::new(move |of: Vec<ModelId>| {
                let db = counts.clone();
                async move {
                    Ok(query!(db, models::version_counts(of))?
                        .into_iter()
                        .collect())
                }
            }),
            changes: Loader::new(move |of: Vec<ModelId>| {
                let db = changes.clone();
                async move {
                    let mut found: HashMap<_, Vec<_>> = HashMap::new();
                    for row in query!(db, models::alias_changes(of, CHANGES))? {
                        found.entry(row.model_id).or_default().push(row);
                    }
                    Ok(found)
                }
            }),
        }
    }
}
