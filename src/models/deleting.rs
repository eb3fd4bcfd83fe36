//! Models and versions that go for good, with their bytes; what is kept of them is what the log and the history of aliases
//! tell.

use serde_json::json;

use super::service::{own_model, own_version};
use super::{Alias, AliasChange, key};
use crate::app::App;
use crate::db::commit;
use crate::error::Result;
use crate::id::{AliasChangeId, ModelId, ModelVersionId};
use crate::logs::Log;
use crate::viewer::Viewer;

/// Removes a model with its versions, their bytes, and what they answered about rows and texts; forecasts stay.
pub async fn delete_model(app: &App, viewer: &Viewer, id: ModelId) -> Result<ModelId> {
    let model = own_model(app, viewer, id).await?;
    let entry = Log::audit(viewer, app.clock.now(), "model.deleted", id)
        .with(json!({ "name": model.name }));
    for version in commit!(app.db, models::delete(id, entry))? {
        let_go(app, version).await;
    }
    Ok(id)
}

/// Removes a version and its bytes; the champion stays.
pub async fn delete_version(
    app: &App,
    viewer: &Viewer,
    id: ModelVersionId,
) -> Result<ModelVersionId> {
    let version = own_version(app, viewer, id).await?;
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
    commit!(app.db, models::delete_version(version, change, entry))?;
    let_go(app, id).await;
    Ok(id)
}

/// Removes the bytes of a version that is gone.
async fn let_go(app: &App, id: ModelVersionId) {
    app.artefacts.forget(id).await;
    if let Err(error) = app.storage.delete(&key(id)).await {
        tracing::warn!(%error, version.id = %id, "the bytes of a model are left to the sweep");
    }
}
