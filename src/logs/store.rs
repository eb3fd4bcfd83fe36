//! SQL of the log.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, transaction};
use crate::db::schema::{audit_chain, logs};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::{Window, keyset};
use crate::id::LogId;
use crate::idempotency::slot;
use crate::logs::{Log, LogChanges, LogFilter, LogKind};

/// Writes an entry; called inside the transaction of the change that it tells of.
pub async fn insert(conn: &mut Conn, entry: &Log) -> Result<()> {
    slot::note(&entry.action, entry.subject_id.as_deref());
    diesel::insert_into(logs::table)
        .values(entry)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes an entry that stands for itself.
pub async fn create(conn: &mut Conn, entry: Log) -> Result<()> {
    transaction!(conn, { insert(conn, &entry).await })
}

/// Writes an entry about what changed nothing: without a transaction, so that no idempotency key takes it for done.
pub async fn note(conn: &mut Conn, entry: Log) -> Result<()> {
    insert(conn, &entry).await
}

/// An entry that `filter` lets through.
pub async fn find(conn: &mut Conn, id: LogId, filter: LogFilter) -> Result<Option<Log>> {
    let found = matching(filter)
        .filter(logs::id.eq(id))
        .select(Log::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Entries, the newest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    filter: LogFilter,
    window: Window<(Timestamp, LogId)>,
) -> Result<Vec<Log>> {
    let found = keyset!(matching(filter), window, true, logs::date, logs::id)
        .select(Log::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// How many entries there are of that kind.
pub async fn count(conn: &mut Conn, filter: LogFilter) -> Result<i64> {
    let count = matching(filter).count().get_result(conn).await?;
    Ok(count)
}

/// Entries behind a place of the log and up to another, in order.
pub async fn behind(
    conn: &mut Conn,
    filter: LogFilter,
    after: i64,
    upto: i64,
    limit: i64,
) -> Result<Vec<(i64, Log)>> {
    let found: Vec<(Option<i64>, Log)> = matching(filter)
        .filter(logs::seq.gt(after))
        .filter(logs::seq.le(upto))
        .order(logs::seq.asc())
        .limit(limit)
        .select((logs::seq, Log::as_select()))
        .load(conn)
        .await?;
    let placed = |(seq, log): (Option<i64>, Log)| seq.map(|seq| (seq, log));
    Ok(found.into_iter().filter_map(placed).collect())
}

/// The place of an entry, if it has one.
pub async fn place(conn: &mut Conn, id: LogId) -> Result<Option<i64>> {
    let place: Option<Option<i64>> = logs::table
        .find(id)
        .select(logs::seq)
        .first(conn)
        .await
        .optional()?;
    Ok(place.flatten())
}

/// The place of the newest entry.
pub async fn newest(conn: &mut Conn) -> Result<i64> {
    let newest = audit_chain::table
        .select(audit_chain::last_seq)
        .first(conn)
        .await?;
    Ok(newest)
}

/// Changes a CUSTOM entry; `None` where there is none.
pub async fn update(conn: &mut Conn, id: LogId, changes: LogChanges) -> Result<Option<Log>> {
    transaction!(conn, {
        let custom = logs::id.eq(id).and(logs::kind.eq(LogKind::Custom));
        if changes.action.is_some() || changes.details.is_some() {
            let changed = diesel::update(logs::table.filter(custom))
                .set(&changes)
                .execute(conn)
                .await?;
            if changed == 0 {
                return Ok(None);
            }
        }
        find(conn, id, LogFilter::default()).await
    })
}

/// Removes a CUSTOM entry; gives whether there was one.
pub async fn delete(conn: &mut Conn, id: LogId) -> Result<bool> {
    transaction!(conn, {
        let custom = logs::id.eq(id).and(logs::kind.eq(LogKind::Custom));
        let removed = diesel::delete(logs::table.filter(custom))
            .execute(conn)
            .await?;
        Ok(removed > 0)
    })
}

fn matching(filter: LogFilter) -> logs::BoxedQuery<'static, Backend> {
    let mut query = logs::table.into_boxed();
    for user in [filter.visible_to, filter.user_id].into_iter().flatten() {
        query = query.filter(logs::user_id.eq(user));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(logs::kind.eq(kind));
    }
    if let Some(action) = filter.action {
        query = query.filter(logs::action.eq(action));
    }
    if let Some(subject) = filter.subject_id {
        query = query.filter(logs::subject_id.eq(subject));
    }
    if let Some(from) = filter.from {
        query = query.filter(logs::date.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(logs::date.lt(to));
    }
    query
}
