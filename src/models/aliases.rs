//! Which versions answer: moved by the owner of a model and by administrators, and each move written down.

use serde_json::json;

use super::service::{own_model, own_version};
use super::{Alias, AliasChange, MAX_REASON, Model};
use crate::app::App;
use crate::db::commit;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{AliasChangeId, ModelId, ModelVersionId};
use crate::logs::Log;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// Lets a version answer from now on.
pub async fn set_champion(
    app: &App,
    viewer: &Viewer,
    id: ModelVersionId,
    reason: Option<&str>,
) -> Result<Model> {
    let (_, version) = own_version(app, viewer, id).await?;
    let reason = checked(reason)?;
    let change = AliasChange {
        reason,
        to_id: Some(id),
        ..new(app, viewer, version.model_id, Alias::Champion)
    };
    apply(app, viewer, change, "model.championSet", version.version).await
}

/// Lets a version answer a share of the callers.
pub async fn set_challenger(
    app: &App,
    viewer: &Viewer,
    id: ModelVersionId,
    share: f64,
    reason: Option<&str>,
) -> Result<Model> {
    let (_, version) = own_version(app, viewer, id).await?;
    let reason = checked(reason)?;
    if !(0.0..=1.0).contains(&share) {
        let message = format!("The share is {share}; it must be from 0 to 1.");
        return Err(Error::user(UserErrorCode::OutOfRange, ["share"], message));
    }
    let change = AliasChange {
        reason,
        to_id: Some(id),
        // Neither SQL nor a reader tells the two zeros apart.
        share: Some(share + 0.0),
        ..new(app, viewer, version.model_id, Alias::Challenger)
    };
    apply(app, viewer, change, "model.challengerSet", version.version).await
}

/// Lets the champion answer everybody.
pub async fn clear_challenger(
    app: &App,
    viewer: &Viewer,
    id: ModelId,
    reason: Option<&str>,
) -> Result<Model> {
    own_model(app, viewer, id).await?;
    let reason = checked(reason)?;
    let change = AliasChange {
        reason,
        ..new(app, viewer, id, Alias::Challenger)
    };
    apply(app, viewer, change, "model.challengerCleared", 0).await
}

fn checked(reason: Option<&str>) -> Result<Option<String>> {
    let mut checks = Checks::new();
    let reason = reason.map(|reason| checks.text(["reason"], reason, MAX_REASON));
    checks.done()?;
    Ok(reason.filter(|reason| !reason.is_empty()))
}

fn new(app: &App, viewer: &Viewer, model_id: ModelId, alias: Alias) -> AliasChange {
    AliasChange {
        id: AliasChangeId::new(),
        model_id,
        alias,
        from_id: None,
        to_id: None,
        share: None,
        user_id: viewer.id(),
        reason: None,
        at: app.clock.now(),
    }
}

async fn apply(
    app: &App,
    viewer: &Viewer,
    change: AliasChange,
    action: &str,
    number: i32,
) -> Result<Model> {
    let details = match change.to_id {
        Some(id) => json!({ "modelVersion": id, "version": number, "share": change.share }),
        None => json!({}),
    };
    let entry = Log::audit(viewer, change.at, action, change.model_id).with(details);
    commit!(app.db, model_aliases::change(change, entry))
}
