//! SQL of what models answered about rows and texts.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, logs, transaction};
use crate::db::schema::{classifications, model_versions, models};
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, Result};
use crate::graphql::paging::{Window, keyset};
use crate::id::{ClassificationId, ModelId, ModelVersionId};
use crate::logs::Log;
use crate::models::{Model, Version};
use crate::predictions::{Classification, ClassificationFilter};

/// The versions of the model of this name, which is folded, that may be meant: the one of that number, or those that
/// answer. In one statement, as every answer begins with it.
pub async fn candidates(
    conn: &mut Conn,
    name_key: String,
    number: Option<i32>,
) -> Result<Vec<(Model, Version)>> {
    let of_model = model_versions::table
        .inner_join(models::table.on(models::id.eq(model_versions::model_id)))
        .filter(models::name_key.eq(name_key))
        .select((Model::as_select(), Version::as_select()));
    let found = match number {
        Some(number) => {
            let named = of_model.filter(model_versions::version.eq(number));
            named.load(conn).await?
        }
        None => {
            let id = model_versions::id.nullable();
            let answers = models::champion_id.eq(id).or(models::challenger_id.eq(id));
            of_model
                .filter(answers.assume_not_null())
                .load(conn)
                .await?
        }
    };
    Ok(found)
}

/// Keeps an answer.
pub async fn insert(conn: &mut Conn, new: Classification) -> Result<()> {
    transaction!(conn, {
        diesel::insert_into(classifications::table)
            .values(&new)
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// The answer of that id, and whose the model is.
pub async fn find(
    conn: &mut Conn,
    id: ClassificationId,
) -> Result<Option<(Classification, Model)>> {
    let found = classifications::table
        .inner_join(models::table.on(models::id.eq(classifications::model_id)))
        .filter(classifications::id.eq(id))
        .select((Classification::as_select(), Model::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Answers, the newest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    filter: ClassificationFilter,
    window: Window<(Timestamp, ClassificationId)>,
) -> Result<Vec<Classification>> {
    let found = keyset!(
        matching(filter),
        window,
        true,
        classifications::created_at,
        classifications::id
    )
    .select(Classification::as_select())
    .load(conn)
    .await?;
    Ok(found)
}

/// How many there are of these.
pub async fn count(conn: &mut Conn, filter: ClassificationFilter) -> Result<i64> {
    Ok(matching(filter).count().get_result(conn).await?)
}

fn matching(filter: ClassificationFilter) -> classifications::BoxedQuery<'static, Backend> {
    let mut query = classifications::table.into_boxed();
    if let Some(user) = filter.visible_to {
        let own = models::table
            .filter(models::owner_id.eq(user))
            .select(models::id);
        let asked = classifications::user_id.eq(user).assume_not_null();
        query = query.filter(asked.or(classifications::model_id.eq_any(own)));
    }
    if let Some(model) = filter.model {
        query = query.filter(classifications::model_id.eq(model));
    }
    if let Some(number) = filter.version {
        let numbered = model_versions::table
            .filter(model_versions::version.eq(number))
            .select(model_versions::id);
        query = query.filter(classifications::version_id.eq_any(numbered));
    }
    if let Some(label) = filter.label {
        query = query.filter(classifications::label.eq(label));
    }
    if let Some(from) = filter.from {
        query = query.filter(classifications::created_at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(classifications::created_at.lt(to));
    }
    query
}

/// Notes the true label of an answer, and whether it was right.
pub async fn label(
    conn: &mut Conn,
    id: ClassificationId,
    actual: String,
    correct: bool,
    log: Log,
) -> Result<Classification> {
    transaction!(conn, {
        let missing = || Error::not_found("classification", ["classificationId"]);
        diesel::update(classifications::table.find(id))
            .set((
                classifications::actual_label.eq(actual),
                classifications::correct.eq(correct),
            ))
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await?;
        let found = find(conn, id).await?;
        Ok(found.ok_or_else(missing)?.0)
    })
}

/// Removes some of the answers from before a time, with their labels; gives how many, at most `limit`.
pub async fn delete_old(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<usize> {
    let old = classifications::table.into_boxed();
    let old = old.filter(classifications::created_at.lt(before));
    transaction!(conn, { delete_oldest(conn, old, limit).await })
}

/// Removes some of the answers of a model, or of one of its versions, with their labels; gives how many, at most `limit`.
pub async fn delete_of(
    conn: &mut Conn,
    model: ModelId,
    version: Option<ModelVersionId>,
    limit: i64,
) -> Result<usize> {
    let of = classifications::table.into_boxed();
    let of = match version {
        Some(version) => of.filter(classifications::version_id.eq(version)),
        None => of.filter(classifications::model_id.eq(model)),
    };
    transaction!(conn, { delete_oldest(conn, of, limit).await })
}

async fn delete_oldest(
    conn: &mut Conn,
    of: classifications::BoxedQuery<'static, Backend>,
    limit: i64,
) -> Result<usize> {
    let oldest: Vec<ClassificationId> = of
        .order(classifications::created_at.asc())
        .limit(limit)
        .select(classifications::id)
        .load(conn)
        .await?;
    let oldest = classifications::table.filter(classifications::id.eq_any(oldest));
    Ok(diesel::delete(oldest).execute(conn).await?)
}

/// How many labelled answers of versions were right and how many were not.
pub async fn accuracies(
    conn: &mut Conn,
    of: Vec<ModelVersionId>,
) -> Result<Vec<(ModelVersionId, Option<bool>, i64)>> {
    let found = classifications::table
        .filter(classifications::version_id.eq_any(of))
        .filter(classifications::correct.is_not_null())
        .group_by((classifications::version_id, classifications::correct))
        .select((
            classifications::version_id,
            classifications::correct,
            count_star(),
        ))
        .load(conn)
        .await?;
    Ok(found)
}

/// What a version was asked about from one time to another, the newest first: so many of them, behind so many others.
pub async fn asked(
    conn: &mut Conn,
    of: ModelVersionId,
    (from, to): (Timestamp, Timestamp),
    (skip, limit): (i64, i64),
) -> Result<Vec<JsonValue>> {
    let found = classifications::table
        .filter(classifications::version_id.eq(of))
        .filter(classifications::created_at.ge(from))
        .filter(classifications::created_at.le(to))
        .order((
            classifications::created_at.desc(),
            classifications::id.desc(),
        ))
        .offset(skip)
        .limit(limit)
        .select(classifications::features)
        .load(conn)
        .await?;
    Ok(found)
}

/// The models that were asked since `from`, those that were asked most first.
pub async fn busiest(conn: &mut Conn, from: Timestamp, limit: i64) -> Result<Vec<ModelId>> {
    let found: Vec<(ModelId, i64)> = classifications::table
        .filter(classifications::created_at.ge(from))
        .group_by(classifications::model_id)
        .order((count_star().desc(), classifications::model_id.asc()))
        .limit(limit)
        .select((classifications::model_id, count_star()))
        .load(conn)
        .await?;
    Ok(found.into_iter().map(|(id, _)| id).collect())
}
