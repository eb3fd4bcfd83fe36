//! SQL of new versions: version, number, model and first alias in one transaction; and of trainings that are to bring none.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use super::{Conn, jobs, logs, model_aliases as aliases, models as registry, transaction};
use crate::db::schema::{jobs as job_rows, model_versions, models, users};
use crate::error::{Error, Result};
use crate::id::{AliasChangeId, JobId, ModelId, UserId};
use crate::jobs::Lease;
use crate::logs::Log;
use crate::models::training::KIND;
use crate::models::{Alias, AliasChange, Model, NewVersion, Version, other_task, taken};
use crate::validate::fold;
use crate::viewer::Role;

/// Writes a version, and its model where it is the first; for a job as long as its lease holds and nobody has cancelled it.
/// The first version is the champion.
pub async fn insert(
    conn: &mut Conn,
    new: NewVersion,
    lease: Option<Lease>,
    log: Log,
) -> Result<(Model, Version)> {
    transaction!(conn, {
        if let Some(lease) = lease
            && !jobs::hold_wanted(conn, lease).await?
        {
            return Err(Error::internal(
                "the training was cancelled, or belongs to another worker now",
            ));
        }
        let key = fold(&new.name);
        let held = match registry::find_by_name(conn, key.clone()).await? {
            // None where it is deleted at this moment, while one of this name is imported or ordered: it is begun anew.
            Some(model) => aliases::hold(conn, model.id).await?,
            None => None,
        };
        let model = match held {
            Some(model) => model,
            None => begin(conn, &new, key).await?,
        };
        if model.task != new.task {
            return Err(other_task(&model));
        }
        let owns = model.owner_id == Some(new.owner);
        let may = owns || (new.as_admin && is_admin(conn, new.owner).await?);
        if !may {
            return Err(taken(&new.name));
        }
        let number = model.last_version + 1;
        diesel::update(models::table.find(model.id))
            .set(models::last_version.eq(number))
            .execute(conn)
            .await?;
        let version = Version {
            model_id: model.id,
            version: number,
            ..new.version
        };
        diesel::insert_into(model_versions::table)
            .values(&version)
            .execute(conn)
            .await?;
        if model.champion_id.is_none() {
            let change = AliasChange {
                id: AliasChangeId::new(),
                model_id: model.id,
                alias: Alias::Champion,
                from_id: None,
                to_id: Some(version.id),
                share: None,
                user_id: Some(new.owner),
                reason: Some("The first version.".to_owned()),
                at: version.created_at,
            };
            aliases::put(conn, &change).await?;
        }
        logs::insert(conn, &log).await?;
        let model = registry::find(conn, model.id).await?;
        let model = model.ok_or_else(|| Error::internal("a model that is held is gone"))?;
        Ok((model, version))
    })
}

/// Cancels the trainings of the model of this name, which is folded, whoever ordered them; gives their jobs, whose
/// workers are to be woken after the commit. Called inside the caller's transaction, before it holds the model.
pub async fn cancel(conn: &mut Conn, name_key: &str) -> Result<Vec<JobId>> {
    let unfinished: Vec<(JobId, String)> = job_rows::table
        .filter(job_rows::finished_at.is_null())
        .filter(job_rows::kind.eq(KIND))
        .order(job_rows::id.asc())
        // Folded here, as no database folds names as this program does.
        .select((job_rows::id, sql::<Text>("payload ->> 'name'")))
        .load(conn)
        .await?;
    let mut cancelled = Vec::new();
    for (id, name) in unfinished {
        if fold(&name) == name_key && jobs::cancel(conn, id).await? {
            cancelled.push(id);
        }
    }
    Ok(cancelled)
}

async fn begin(conn: &mut Conn, new: &NewVersion, name_key: String) -> Result<Model> {
    let model = Model {
        id: ModelId::new(),
        name: new.name.clone(),
        name_key,
        task: new.task,
        owner_id: Some(new.owner),
        last_version: 0,
        champion_id: None,
        challenger_id: None,
        challenger_share: 0.0,
        created_at: new.version.created_at,
    };
    diesel::insert_into(models::table)
        .values(&model)
        .execute(conn)
        .await?;
    Ok(model)
}

async fn is_admin(conn: &mut Conn, user: UserId) -> Result<bool> {
    let role: Option<Role> = users::table
        .find(user)
        .select(users::role)
        .first(conn)
        .await
        .optional()?;
    Ok(role == Some(Role::Admin))
}
