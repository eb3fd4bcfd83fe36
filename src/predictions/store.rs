//! SQL of forecasts.

use diesel::dsl::not;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, hold_user, jobs, logs, transaction};
use crate::db::schema::{datasets, predictions};
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, Result};
use crate::graphql::paging::{Window, keyset};
use crate::id::{DatasetId, JobId, PredictionId, UserId};
use crate::jobs::{JobStatus, Lease, NewJob};
use crate::logs::Log;
use crate::predictions::{Bounds, Ending, Prediction, PredictionFilter, no_prediction, too_many};

/// Keeps a forecast that is finished, with `forecast`, or that `job` is to make.
pub async fn create(
    conn: &mut Conn,
    new: Prediction,
    made: (Option<JsonValue>, Option<NewJob>),
    bounds: Bounds,
    log: Log,
) -> Result<Prediction> {
    transaction!(conn, {
        let (forecast, job) = made;
        hold_user(conn, new.owner_id).await?;
        let own = || predictions::table.filter(predictions::owner_id.eq(new.owner_id));
        let all: i64 = own().count().get_result(conn).await?;
        if all >= bounds.all {
            return Err(too_many("forecasts", bounds.all));
        }
        let unfinished = own().filter(predictions::finished_at.is_null());
        if job.is_some() && unfinished.count().get_result::<i64>(conn).await? >= bounds.unfinished {
            return Err(too_many("unfinished forecasts", bounds.unfinished));
        }
        let dataset: Option<DatasetId> = datasets::table
            .find(new.dataset_id)
            .select(datasets::id)
            .first(conn)
            .await
            .optional()?;
        if dataset.is_none() {
            return Err(Error::not_found("dataset", ["input", "datasetId"]));
        }
        let job_id = match job {
            Some(job) => Some(jobs::enqueue(conn, job).await?),
            None => None,
        };
        let new = Prediction { job_id, ..new };
        diesel::insert_into(predictions::table)
            .values((&new, predictions::forecast.eq(forecast)))
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await?;
        Ok(new)
    })
}

/// The forecast of that id.
pub async fn find(conn: &mut Conn, id: PredictionId) -> Result<Option<Prediction>> {
    let found = predictions::table
        .find(id)
        .select(Prediction::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// What some of them forecast.
pub async fn forecasts(
    conn: &mut Conn,
    ids: Vec<PredictionId>,
) -> Result<Vec<(PredictionId, Option<JsonValue>)>> {
    let found = predictions::table
        .filter(predictions::id.eq_any(ids))
        .select((predictions::id, predictions::forecast))
        .load(conn)
        .await?;
    Ok(found)
}

/// Forecasts, the newest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    filter: PredictionFilter,
    window: Window<(Timestamp, PredictionId)>,
) -> Result<Vec<Prediction>> {
    let found = keyset!(
        matching(filter),
        window,
        true,
        predictions::created_at,
        predictions::id
    )
    .select(Prediction::as_select())
    .load(conn)
    .await?;
    Ok(found)
}

/// How many there are of these.
pub async fn count(conn: &mut Conn, filter: PredictionFilter) -> Result<i64> {
    Ok(matching(filter).count().get_result(conn).await?)
}

fn matching(filter: PredictionFilter) -> predictions::BoxedQuery<'static, Backend> {
    let mut query = predictions::table.into_boxed();
    let users = [filter.visible_to, filter.user_id];
    for user in users.into_iter().flatten() {
        query = query.filter(predictions::owner_id.eq::<UserId>(user));
    }
    if let Some(key) = filter.model_key {
        query = query.filter(predictions::model_key.eq(key));
    }
    if let Some(status) = filter.status {
        query = query.filter(predictions::status.eq(status));
    }
    query
}

/// Writes how a forecast ended, as long as the lease of its job holds; gives whether it was there and unfinished.
pub async fn finish(
    conn: &mut Conn,
    id: PredictionId,
    lease: Lease,
    ending: Ending,
    now: Timestamp,
    log: Log,
) -> Result<bool> {
    transaction!(conn, {
        if !jobs::hold(conn, lease).await? {
            return Err(Error::internal(
                "the forecast belongs to another worker now",
            ));
        }
        let (status, forecast, error) = match ending {
            Ending::Made(forecast) => (JobStatus::Succeeded, Some(forecast), None),
            Ending::Failed(error) => (JobStatus::Failed, None, Some(error)),
        };
        let unfinished = predictions::table
            .find(id)
            .filter(predictions::finished_at.is_null());
        let written = diesel::update(unfinished)
            .set((
                predictions::status.eq(status),
                predictions::forecast.eq(forecast),
                predictions::error.eq(error),
                predictions::finished_at.eq(now),
                predictions::logged.eq(true),
            ))
            .execute(conn)
            .await?;
        if written > 0 {
            logs::insert(conn, &log).await?;
        }
        Ok(written > 0)
    })
}

/// Changes the note of a forecast, and gives it as it is then.
pub async fn annotate(
    conn: &mut Conn,
    id: PredictionId,
    note: Option<String>,
    log: Log,
) -> Result<Prediction> {
    transaction!(conn, {
        diesel::update(predictions::table.find(id))
            .set(predictions::note.eq(note))
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await?;
        find(conn, id).await?.ok_or_else(no_prediction)
    })
}

/// Removes a forecast and stops the job that makes it; gives whether there was one.
pub async fn delete(
    conn: &mut Conn,
    id: PredictionId,
    job: Option<JobId>,
    log: Log,
) -> Result<bool> {
    transaction!(conn, {
        // The job first, as its worker does: two who lock the same rows in one order wait for each other and no longer.
        if let Some(job) = job {
            jobs::cancel(conn, job).await?;
        }
        let gone = diesel::delete(predictions::table.find(id))
            .execute(conn)
            .await?;
        if gone > 0 {
            logs::insert(conn, &log).await?;
        }
        Ok(gone > 0)
    })
}

/// Forecasts that ended with their jobs, of which the log does not tell yet.
pub async fn unlogged(conn: &mut Conn, limit: i64) -> Result<Vec<Prediction>> {
    let found = predictions::table
        .filter(not(predictions::logged))
        .filter(predictions::finished_at.is_not_null())
        .order(predictions::id.asc())
        .limit(limit)
        .select(Prediction::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// Writes the log's entry about the end of one of these, once.
pub async fn log_end(conn: &mut Conn, id: PredictionId, log: Log) -> Result<()> {
    transaction!(conn, {
        let waiting = predictions::table
            .find(id)
            .filter(not(predictions::logged))
            .filter(predictions::finished_at.is_not_null());
        let noted = diesel::update(waiting)
            .set(predictions::logged.eq(true))
            .execute(conn)
            .await?;
        if noted > 0 {
            logs::insert(conn, &log).await?;
        }
        Ok(())
    })
}
