//! SQL that reads models and versions, and deletes these.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    Backend, Conn, logs, model_aliases as aliases, model_registrations as registrations,
    transaction,
};
use crate::db::schema::{alias_changes, model_versions, models};
use crate::db::top_of_each::TopOfEach;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::{Window, keyset};
use crate::id::{JobId, ModelId, ModelVersionId};
use crate::logs::Log;
use crate::models::{AliasChange, Model, Task, Version, champion_stays, no_version};

/// The model of this id.
pub async fn find(conn: &mut Conn, id: ModelId) -> Result<Option<Model>> {
    let found = models::table
        .find(id)
        .select(Model::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The model of this name, which is folded.
pub async fn find_by_name(conn: &mut Conn, name_key: String) -> Result<Option<Model>> {
    let found = models::table
        .filter(models::name_key.eq(name_key))
        .select(Model::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Several models.
pub async fn by_ids(conn: &mut Conn, ids: Vec<ModelId>) -> Result<Vec<Model>> {
    let found = models::table
        .filter(models::id.eq_any(ids))
        .select(Model::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// Models, the newest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    task: Option<Task>,
    window: Window<(Timestamp, ModelId)>,
) -> Result<Vec<Model>> {
    let found = keyset!(of_task(task), window, true, models::created_at, models::id)
        .select(Model::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// How many there are.
pub async fn count(conn: &mut Conn, task: Option<Task>) -> Result<i64> {
    Ok(of_task(task).count().get_result(conn).await?)
}

fn of_task(task: Option<Task>) -> models::BoxedQuery<'static, Backend> {
    let query = models::table.into_boxed();
    match task {
        Some(task) => query.filter(models::task.eq(task)),
        None => query,
    }
}

/// The version of this id.
pub async fn find_version(conn: &mut Conn, id: ModelVersionId) -> Result<Option<Version>> {
    let found = model_versions::table
        .find(id)
        .select(Version::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The version of this number.
pub async fn find_number(conn: &mut Conn, model: ModelId, number: i32) -> Result<Option<Version>> {
    let found = model_versions::table
        .filter(model_versions::model_id.eq(model))
        .filter(model_versions::version.eq(number))
        .select(Version::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// What a job has trained.
pub async fn trained_by(conn: &mut Conn, job: JobId) -> Result<Option<Version>> {
    let found = model_versions::table
        .filter(model_versions::job_id.eq(job))
        .select(Version::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Several versions.
pub async fn versions(conn: &mut Conn, ids: Vec<ModelVersionId>) -> Result<Vec<Version>> {
    let found = model_versions::table
        .filter(model_versions::id.eq_any(ids))
        .select(Version::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// The same part of several models' versions, the newest first, each one row longer than the window where there is
/// more, in one statement.
pub async fn versions_of(
    conn: &mut Conn,
    of: Vec<ModelId>,
    window: Window<(i32, ModelVersionId)>,
) -> Result<Vec<Version>> {
    // Numbers are unique within a model and the list runs downwards.
    let below = window.after.map_or(i32::MAX, |(number, _)| number);
    let above = window.before.map_or(i32::MIN, |(number, _)| number);
    let within = model_versions::model_id
        .eq_any(of)
        .and(model_versions::version.lt(below))
        .and(model_versions::version.gt(above));
    let found = TopOfEach {
        selection: Version::as_select(),
        filter: within,
        table: "model_versions",
        parent: "model_id",
        order: &["version"],
        descending: !window.backwards,
        limit: window.limit(),
    };
    Ok(found.load(conn).await?)
}

/// How many versions models have.
pub async fn version_counts(conn: &mut Conn, of: Vec<ModelId>) -> Result<Vec<(ModelId, i64)>> {
    let found = model_versions::table
        .filter(model_versions::model_id.eq_any(of))
        .group_by(model_versions::model_id)
        .select((model_versions::model_id, count_star()))
        .load(conn)
        .await?;
    Ok(found)
}

/// What became of models' aliases, the newest first, of each so many.
pub async fn alias_changes(
    conn: &mut Conn,
    of: Vec<ModelId>,
    limit: i64,
) -> Result<Vec<AliasChange>> {
    let found = TopOfEach {
        selection: AliasChange::as_select(),
        filter: alias_changes::model_id.eq_any(of),
        table: "alias_changes",
        parent: "model_id",
        order: &["at", "id"],
        descending: true,
        limit,
    };
    Ok(found.load(conn).await?)
}

/// Removes a model and what hangs on it, and cancels the trainings that would bring it back; gives its versions, whose
/// bytes are still there, and the jobs whose workers are to be woken.
pub async fn delete(
    conn: &mut Conn,
    model: Model,
    log: Log,
) -> Result<(Vec<ModelVersionId>, Vec<JobId>)> {
    transaction!(conn, {
        // The jobs first, as their workers do: two who lock the same rows in one order wait for each other and no longer.
        let trainings = registrations::cancel(conn, &model.name_key).await?;
        let model = aliases::lock(conn, model.id).await?;
        let versions = model_versions::table
            .filter(model_versions::model_id.eq(model.id))
            .select(model_versions::id)
            .load(conn)
            .await?;
        diesel::delete(models::table.find(model.id))
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await?;
        Ok((versions, trainings))
    })
}

/// Removes a version that is not the champion; a challenger stops being one by it, which `change` tells.
pub async fn delete_version(
    conn: &mut Conn,
    version: Version,
    change: AliasChange,
    log: Log,
) -> Result<()> {
    transaction!(conn, {
        let model = aliases::lock(conn, version.model_id).await?;
        if model.champion_id == Some(version.id) {
            return Err(champion_stays());
        }
        if model.challenger_id == Some(version.id) {
            aliases::put(conn, &change).await?;
        }
        let gone = diesel::delete(model_versions::table.find(version.id))
            .execute(conn)
            .await?;
        if gone == 0 {
            return Err(no_version(["modelVersionId"]));
        }
        logs::insert(conn, &log).await
    })
}
