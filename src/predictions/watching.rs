//! Looks at the drift of models that are asked, by itself: a metric for operators, and an entry in the log when a
//! threshold is passed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::DriftState;
use super::drift::{Report, look};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::Result;
use crate::jobs::worker::{Kind, Schedule};
use crate::learning::drift::LEAST_ROWS;
use crate::logs::Log;
use crate::models::Model;
use crate::viewer::Viewer;

const KIND: &str = "models.drift";
/// How far back is looked, in days.
const DAYS: i32 = 7;
/// How many models are looked at; those that were asked most come first.
const MOST_MODELS: i64 = 500;
/// How many models have a metric of their own; the others share one, which is that of the worst of them.
const MOST_LABELS: usize = 50;
/// What they share.
const OTHERS: &str = "(others)";
/// How many features an entry of the log names.
const NAMED: usize = 20;

/// Which models have a metric of their own in this process, by name: for as long as they are looked at.
#[derive(Debug, Clone, Default)]
pub struct Labels(Arc<Mutex<HashSet<String>>>);

impl Labels {
    fn has(&self, model: &str) -> bool {
        let mut given = self.given();
        given.contains(model) || (given.len() < MOST_LABELS && given.insert(model.to_owned()))
    }

    /// Takes their places from those that were not looked at; gives their names.
    fn free(&self, seen: &HashSet<String>) -> Vec<String> {
        let mut given = self.given();
        given.extract_if(|name| !seen.contains(name)).collect()
    }

    fn given(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kinds of jobs that look at drift.
pub fn kinds(app: &App) -> Vec<Kind> {
    let (app, labels) = (app.clone(), Labels::default());
    vec![Kind::new(KIND, Duration::from_secs(3_600), move |_| {
        let (app, labels) = (app.clone(), labels.clone());
        async move { Ok(json!({ "drifted": watch(&app, &labels).await? })) }
    })]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: KIND,
        every: Duration::from_secs(3_600),
    }]
}

/// Looks once; gives how many models have drifted.
pub async fn watch(app: &App, labels: &Labels) -> Result<usize> {
    let since = app.clock.now().plus_seconds(-i64::from(DAYS) * 24 * 3_600);
    let (mut drifted, mut others) = (0, 0.0_f64);
    let mut seen = HashSet::new();
    let gauge = |name: String| metrics::gauge!("pluma_model_drift_psi", "model" => name);
    for id in query!(app.db, classifications::busiest(since, MOST_MODELS))? {
        let Some(model) = query!(app.db, models::find(id))? else {
            continue;
        };
        let report = match look(app, &model, DAYS).await {
            Ok(Some(report)) => report,
            Ok(None) => continue,
            // One that cannot be read keeps nobody from looking at the others, and may drift all the same.
            Err(error) => {
                seen.insert(model.name);
                tracing::warn!(%error, model.id = %id, "the drift of a model cannot be found");
                continue;
            }
        };
        // The index of a few requests is noise.
        let enough = report.samples >= LEAST_ROWS;
        let psi = report.features.iter().filter(|_| enough);
        let psi = psi.fold(0.0, |most, feature| feature.psi.max(most));
        match labels.has(&model.name) {
            true => gauge(model.name.clone()).set(psi),
            false => others = others.max(psi),
        }
        drifted += usize::from(report.drifted());
        note(app, &model, &report).await?;
        seen.insert(model.name);
    }
    // Nobody asks these any more, or they are gone.
    for name in labels.free(&seen) {
        gauge(name).set(0.0);
    }
    gauge(OTHERS.to_owned()).set(others);
    Ok(drifted)
}

async fn note(app: &App, model: &Model, report: &Report) -> Result<()> {
    let found = report.features.iter().filter(|feature| feature.drifted);
    let found = found
        .take(NAMED)
        .map(|feature| json!({ "feature": feature.feature, "psi": feature.psi, "ks": feature.ks }));
    let details = json!({
        "model": model.name,
        "modelVersion": report.version_id,
        "samples": report.samples,
        "features": found.collect::<Vec<_>>(),
    });
    let now = report.to;
    let entry = Log::audit(&Viewer::default(), now, "model.drifted", model.id).with(details);
    let state = DriftState {
        model_id: model.id,
        version_id: report.version_id,
        drifted: report.drifted(),
        looked_at: now,
    };
    if commit!(app.db, drifts::put(state, entry))? {
        tracing::warn!(model.id = %model.id, "what a model is asked is not what it was trained with");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_models_have_a_metric_of_their_own_for_as_long_as_they_are_looked_at() {
        let labels = Labels::default();
        let first: Vec<String> = (0..MOST_LABELS).map(|number| number.to_string()).collect();
        assert!(first.iter().all(|name| labels.has(name)));
        assert!(!labels.has("another"));
        assert!(first.iter().all(|name| labels.clone().has(name)));

        let seen: HashSet<String> = first[1..].iter().cloned().collect();
        assert_eq!(labels.free(&seen), [first[0].clone()]);
        assert!(labels.free(&seen).is_empty());
        assert!(labels.has("another"));
        assert!(!labels.has(&first[0]));
        assert!(first[1..].iter().all(|name| labels.has(name)));
    }
}
