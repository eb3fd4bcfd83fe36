//! SQL of idempotency keys. Leases are in database time, expiry is in the application's.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, transaction};
use crate::db::schema::idempotency_keys as keys;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Code, Error, Result};
use crate::idempotency::{Claim, Claimed, Row, Settlement, slot};

/// How many rows one call deletes.
const BATCH: i64 = 500;

/// Takes the key's row for a try, unless another one has it or it is answered.
pub async fn claim(conn: &mut Conn, claim: Claim) -> Result<Claimed> {
    transaction!(conn, {
        if !guarded(conn, &claim).await? {
            return Ok(Claimed::Reused);
        }
        let now = super::now(conn).await?;
        let mut row = claim.row;
        row.lease_until = Some(now.plus(claim.lease));
        if insert(conn, &row).await? {
            return Ok(Claimed::Mine);
        }
        // The update is the lock: every dialect holds the row from here on.
        diesel::update(keys::table.find(&row.id))
            .set(keys::commits.eq(keys::commits))
            .execute(conn)
            .await?;
        let known = keys::table.find(&row.id).select(Row::as_select());
        let Some(known) = known.first(conn).await.optional()? else {
            // Released between the statements: the caller comes again.
            return Ok(Claimed::Running);
        };
        let expired = known.expires_at <= claim.now;
        if !expired && known.digest != row.digest {
            return Ok(Claimed::Reused);
        }
        if !expired && let Some(answer) = known.answer {
            return Ok(Claimed::Answered(answer));
        }
        if known.lease_until.is_some_and(|until| until > now) {
            return Ok(Claimed::Running);
        }
        if !expired && (known.commits > 0 || known.lease_until.is_none()) {
            return Ok(Claimed::Lost(known.done));
        }
        diesel::update(keys::table.find(&row.id))
            .set((
                keys::digest.eq(&row.digest),
                keys::holder.eq(row.holder),
                keys::lease_until.eq(row.lease_until),
                keys::commits.eq(0),
                keys::done.eq(&row.done),
                keys::answer.eq(None::<Vec<u8>>),
                keys::expires_at.eq(row.expires_at),
            ))
            .execute(conn)
            .await?;
        Ok(Claimed::Mine)
    })
}

/// Whether the guarded name is free for this request, which it then belongs to.
async fn guarded(conn: &mut Conn, claim: &Claim) -> Result<bool> {
    let Some(guard) = &claim.guard else {
        return Ok(true);
    };
    let mut row = claim.row.clone();
    row.id.clone_from(guard);
    if insert(conn, &row).await? {
        return Ok(true);
    }
    let taken_over = diesel::update(keys::table.find(guard))
        .filter(
            keys::expires_at
                .le(claim.now)
                .or(keys::digest.eq(&row.digest)),
        )
        .set((
            keys::digest.eq(&row.digest),
            keys::expires_at.eq(row.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(taken_over > 0)
}

async fn insert(conn: &mut Conn, row: &Row) -> Result<bool> {
    let inserted = diesel::insert_into(keys::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted > 0)
}

/// Prolongs the lease of a try that still has the row.
pub async fn beat(conn: &mut Conn, id: Vec<u8>, holder: i64, lease: Duration) -> Result<()> {
    let now = super::now(conn).await?;
    diesel::update(keys::table.find(id))
        .filter(keys::holder.eq(holder))
        .filter(keys::lease_until.is_not_null())
        .set(keys::lease_until.eq(now.plus(lease)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes a transaction that is about to be committed on the row of its try; called inside of it. A try that
/// has lost its row must not write any more.
pub async fn mark(conn: &mut Conn) -> Result<()> {
    let Some(slot) = slot::current() else {
        return Ok(());
    };
    let marked = diesel::update(keys::table.find(&slot.id))
        .filter(keys::holder.eq(slot.holder))
        .set((
            keys::commits.eq(keys::commits + 1),
            keys::done.eq(JsonValue(slot.notes())),
        ))
        .execute(conn)
        .await?;
    if marked == 0 {
        return Err(Error::refused(
            Code::ServiceUnavailable,
            "This try took so long that another one with the same key took over; it changed nothing.",
        ));
    }
    Ok(())
}

/// Ends a try that still has the row. A key that is free again frees its guard, which is given with its digest.
pub async fn settle(
    conn: &mut Conn,
    id: Vec<u8>,
    holder: i64,
    settlement: Settlement,
    guard: Option<(Vec<u8>, Vec<u8>)>,
) -> Result<()> {
    transaction!(conn, {
        let mine = || {
            keys::table
                .filter(keys::id.eq(&id))
                .filter(keys::holder.eq(holder))
        };
        let answer = match settlement {
            Settlement::Released => {
                diesel::delete(mine()).execute(conn).await?;
                return unguard(conn, guard).await;
            }
            Settlement::KeptIfDone(answer) => {
                let idle = diesel::delete(mine().filter(keys::commits.eq(0)));
                if idle.execute(conn).await? > 0 {
                    return unguard(conn, guard).await;
                }
                answer
            }
            Settlement::Kept(answer) => answer,
        };
        diesel::update(mine())
            .set((
                keys::answer.eq(answer),
                keys::lease_until.eq(None::<Timestamp>),
            ))
            .execute(conn)
            .await?;
        Ok(())
    })
}

async fn unguard(conn: &mut Conn, guard: Option<(Vec<u8>, Vec<u8>)>) -> Result<()> {
    if let Some((guard, digest)) = guard {
        diesel::delete(keys::table.find(guard))
            .filter(keys::digest.eq(digest))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Deletes some of the keys whose day is over; gives how many, at most a batch.
pub async fn delete_expired(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let expired: Vec<Vec<u8>> = keys::table
        .filter(keys::expires_at.le(now))
        .limit(BATCH)
        .select(keys::id)
        .load(conn)
        .await?;
    let deleted = diesel::delete(keys::table.filter(keys::id.eq_any(expired)))
        .filter(keys::expires_at.le(now))
        .execute(conn)
        .await?;
    Ok(deleted)
}
