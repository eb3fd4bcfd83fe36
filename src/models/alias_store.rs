//! SQL of what a model's aliases stand for; each change is also a row that stays.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, logs, models as registry, transaction};
use crate::db::schema::{alias_changes, models};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{AliasChangeId, ModelId};
use crate::logs::Log;
use crate::models::{Alias, AliasChange, Model, no_version};

/// The model, whose row is held until the transaction ends.
pub async fn lock(conn: &mut Conn, id: ModelId) -> Result<Model> {
    let model = hold(conn, id).await?;
    model.ok_or_else(|| Error::not_found("model", ["modelId"]))
}

/// The same; none where it is gone.
pub async fn hold(conn: &mut Conn, id: ModelId) -> Result<Option<Model>> {
    // An update that changes nothing is how every dialect locks a row.
    diesel::update(models::table.find(id))
        .set(models::last_version.eq(models::last_version))
        .execute(conn)
        .await?;
    registry::find(conn, id).await
}

/// Lets an alias stand for what `change` says, and writes that down. The caller holds the model.
pub async fn put(conn: &mut Conn, change: &AliasChange) -> Result<()> {
    let model = models::table.find(change.model_id);
    match change.alias {
        Alias::Champion => {
            diesel::update(model)
                .set(models::champion_id.eq(change.to_id))
                .execute(conn)
                .await?;
        }
        Alias::Challenger => {
            diesel::update(model)
                .set((
                    models::challenger_id.eq(change.to_id),
                    models::challenger_share.eq(change.share.unwrap_or(0.0)),
                ))
                .execute(conn)
                .await?;
        }
    }
    diesel::insert_into(alias_changes::table)
        .values(change)
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves an alias as `wanted` says, from whatever it stands for; gives the model as it is then. A challenger that
/// becomes the champion is a challenger no longer.
pub async fn change(conn: &mut Conn, wanted: AliasChange, log: Log) -> Result<Model> {
    transaction!(conn, {
        let model = lock(conn, wanted.model_id).await?;
        if let Some(to) = wanted.to_id
            && registry::find_version(conn, to).await?.is_none()
        {
            return Err(no_version(["modelVersionId"]));
        }
        let from_id = match wanted.alias {
            Alias::Champion => model.champion_id,
            Alias::Challenger => model.challenger_id,
        };
        let share = wanted.share.unwrap_or(0.0);
        let same_share = wanted.alias == Alias::Champion || share == model.challenger_share;
        if from_id == wanted.to_id && same_share {
            return Ok(model);
        }
        if wanted.alias == Alias::Challenger && wanted.to_id.is_some() {
            if wanted.to_id == model.champion_id {
                let message = "This version is the champion: it cannot challenge itself.";
                let path = ["modelVersionId"];
                return Err(Error::user(UserErrorCode::Conflict, path, message));
            }
        } else if wanted.to_id.is_some() && wanted.to_id == model.challenger_id {
            let cleared = AliasChange {
                id: AliasChangeId::new(),
                alias: Alias::Challenger,
                from_id: wanted.to_id,
                to_id: None,
                share: None,
                ..wanted.clone()
            };
            put(conn, &cleared).await?;
        }
        // A new id: ids order what happened at the same moment.
        let wanted = AliasChange {
            id: AliasChangeId::new(),
            from_id,
            ..wanted
        };
        put(conn, &wanted).await?;
        logs::insert(conn, &log).await?;
        let changed = registry::find(conn, wanted.model_id).await?;
        changed.ok_or_else(|| Error::internal("a model that is held is gone"))
    })
}
