//! DataLoaders of what models say, one set per request.

use std::collections::HashMap;

use serde::Deserialize;

use super::Forecast;
use crate::app::App;
use crate::db::query;
use crate::db::types::JsonValue;
use crate::graphql::loader::Loader;
use crate::id::{ModelVersionId, PredictionId};

/// What resolvers load in batches.
pub struct Loaders {
    /// Forecasts of predictions that the viewer was shown.
    pub forecasts: Loader<PredictionId, Forecast>,
    /// The share of labelled classifications that were right, by version.
    pub accuracies: Loader<ModelVersionId, f64>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App) -> Self {
        let (forecasts, accuracies) = (app.db.clone(), app.db.clone());
        Self {
            forecasts: Loader::new(move |ids: Vec<PredictionId>| {
                let db = forecasts.clone();
                async move {
                    let rows = query!(db, predictions::forecasts(ids))?.into_iter();
                    let read = |kept: Option<JsonValue>| Forecast::deserialize(kept?.0).ok();
                    Ok(rows
                        .filter_map(|(id, kept)| Some((id, read(kept)?)))
                        .collect())
                }
            }),
            accuracies: Loader::new(move |ids: Vec<ModelVersionId>| {
                let db = accuracies.clone();
                async move {
                    let mut found: HashMap<ModelVersionId, (i64, i64)> = HashMap::new();
                    for (id, correct, count) in query!(db, classifications::accuracies(ids))? {
                        let (right, all) = found.entry(id).or_default();
                        *all += count;
                        if correct == Some(true) {
                            *right += count;
                        }
                    }
                    let share = |(right, all)| right as f64 / all as f64;
                    Ok(found
                        .into_iter()
                        .map(|(id, counts)| (id, share(counts)))
                        .collect())
                }
            }),
        }
    }
}
