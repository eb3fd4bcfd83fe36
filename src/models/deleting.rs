//! Models and versions that go for good, with their bytes; what is kept of them is what the log and the history of aliases
//! tell.

use serde_json::json;

use super::service::{own_model, own_version};
use super::{Alias, AliasChange, champion_stays, key};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::Result;
use crate::id::{AliasChangeId, ModelId, ModelVersionId};
use crate::idempotency::slot;
use crate::jobs;
use crate::logs::Log;
use crate::viewer::Viewer;

/// How many answers go in one transaction.
const BATCH: i64 = 500;

/// Removes a model with its versions, their bytes, and what they answered about rows and texts; forecasts stay. Its
/// trainings that have not ended are cancelled, whoever ordered them: none of them brings it back.
pub async fn delete_model(app: &App, viewer: &Viewer, id: ModelId) -> Result<ModelId> {
    let model = own_model(app, viewer, id).await?;
    let entry = Log::audit(viewer, app.clock.now(), "model.deleted", id)
        .with(json!({ "name": model.name }));
    forget_answers(app, id, None).await?;
    let (versions, trainings) = commit!(app.db, models::delete(model, entry))?;
    for job in trainings {
        app.events.wake(jobs::cancel_topic(job));
        app.events.wake(jobs::progress_topic(job));
    }
    for version in versions {
        let_go(app, version).await;
    }
    Ok(id)
}

/// Removes a version, its bytes and what it answered; the champion stays.
pub async fn delete_version(
    app: &App,
    viewer: &Viewer,
    id: ModelVersionId,
) -> Result<ModelVersionId> {
    let (model, version) = own_version(app, viewer, id).await?;
    let change = AliasChange {
        id: AliasChangeId::new(),
        model_id: version.model_id,
        alias: Alias::Challenger,
        from_id: Some(id),
        to_id: None,
        share: None,
        user_id: viewer.id(),
        reason: Some("The version was deleted.".to_owned()),
        at: app.clock.now(),
    };
    let entry = Log::audit(viewer, change.at, "modelVersion.deleted", id)
        .with(json!({ "model": version.model_id, "version": version.version }));
    forget_answers(app, model.id, Some(id)).await?;
    commit!(app.db, models::delete_version(version, change, entry))?;
    let_go(app, id).await;
    Ok(id)
}

/// Removes what a model answered, or one of its versions, some at a time: there may be millions, which in one statement
/// would hold the database for as long. What is answered meanwhile goes with the last statement; where the server stops
/// in the middle, the model is still there and is deleted again, also by the same idempotency key. A version that becomes
/// the champion meanwhile keeps what is left.
async fn forget_answers(app: &App, model: ModelId, version: Option<ModelVersionId>) -> Result<()> {
    slot::carried(None, async {
        loop {
            let found = query!(app.db, models::find(model))?;
            if version.is_some() && found.is_some_and(|model| model.champion_id == version) {
                return Err(champion_stays());
            }
            if commit!(app.db, classifications::delete_of(model, version, BATCH))? == 0 {
                return Ok(());
            }
        }
    })
    .await
}

/// Removes the bytes of a version that is gone.
async fn let_go(app: &App, id: ModelVersionId) {
    app.artefacts.forget(id).await;
    if let Err(error) = app.storage.delete(&key(id)).await {
        tracing::warn!(%error, version.id = %id, "the bytes of a model are left to the sweep");
    }
}
