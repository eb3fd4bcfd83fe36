//! SQL of the log's order and of the hash chain over its AUDIT entries.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Conn, logs as log_rows, transaction};
use crate::db::schema::{audit_chain, logs};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::logs::chain::{BROKEN, Chain, ChainKey, Sealed};
use crate::logs::{Log, LogKind};
use crate::viewer::Viewer;

/// Whether anything waits for its place.
pub async fn is_waiting(conn: &mut Conn) -> Result<bool> {
    let waiting = logs::table.filter(logs::seq.is_null());
    let found = diesel::select(diesel::dsl::exists(waiting))
        .get_result(conn)
        .await?;
    Ok(found)
}

/// Gives up to `limit` entries their place and seals the AUDIT ones among them; gives how many. An end that
/// does not hold is noted in the chain for good before anything else is.
pub async fn seal(conn: &mut Conn, key: ChainKey, now: Timestamp, limit: i64) -> Result<usize> {
    transaction!(conn, {
        let mut chain = lock(conn).await?;
        if !chain.holds(&key) {
            let entry = Log::audit(&Viewer::default(), now, BROKEN, "audit")
                .with(json!({ "head": chain.head.as_deref().map(hex::encode) }));
            log_rows::insert(conn, &entry).await?;
            put(conn, &mut chain, &entry).await?;
        }
        let waiting: Vec<Log> = logs::table
            .filter(logs::seq.is_null())
            .order(logs::id.asc())
            .limit(limit)
            .select(Log::as_select())
            .load(conn)
            .await?;
        for entry in &waiting {
            put(conn, &mut chain, entry).await?;
        }
        store(conn, chain, &key).await?;
        Ok(waiting.len())
    })
}

async fn put(conn: &mut Conn, chain: &mut Chain, entry: &Log) -> Result<()> {
    let (seq, hash) = match entry.kind {
        LogKind::Audit => {
            let (seq, hash) = chain.append(entry)?;
            (seq, Some(hash))
        }
        LogKind::Custom => (chain.place(), None),
    };
    diesel::update(logs::table.find(entry.id))
        .set((logs::seq.eq(seq), logs::hash.eq(hash)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Locks the chain to the end of the transaction: the update is the lock.
async fn lock(conn: &mut Conn) -> Result<Chain> {
    diesel::update(audit_chain::table)
        .set(audit_chain::last_seq.eq(audit_chain::last_seq))
        .execute(conn)
        .await?;
    find(conn).await
}

async fn store(conn: &mut Conn, mut chain: Chain, key: &ChainKey) -> Result<()> {
    chain.sign(key);
    diesel::update(audit_chain::table)
        .set(&chain)
        .execute(conn)
        .await?;
    Ok(())
}

/// Where the chain begins and ends.
pub async fn find(conn: &mut Conn) -> Result<Chain> {
    let chain = audit_chain::table
        .select(Chain::as_select())
        .first(conn)
        .await?;
    Ok(chain)
}

/// Sealed entries behind a place and up to another, in order.
pub async fn list(conn: &mut Conn, after: i64, upto: i64, limit: i64) -> Result<Vec<Sealed>> {
    let rows: Vec<(Log, Option<i64>, Option<Vec<u8>>)> = logs::table
        .filter(logs::kind.eq(LogKind::Audit))
        .filter(logs::seq.gt(after))
        .filter(logs::seq.le(upto))
        .order(logs::seq.asc())
        .limit(limit)
        .select((Log::as_select(), logs::seq, logs::hash))
        .load(conn)
        .await?;
    let sealed = |(log, seq, hash): (Log, Option<i64>, Option<Vec<u8>>)| Sealed {
        log,
        seq: seq.unwrap_or_default(),
        hash: hash.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(sealed).collect())
}

/// Removes up to `limit` of the oldest entries that happened before `before`: of the AUDIT ones only such as
/// no younger place is older than, so that the chain keeps one beginning. Gives how many went.
pub async fn trim(conn: &mut Conn, key: ChainKey, before: Timestamp, limit: i64) -> Result<usize> {
    transaction!(conn, {
        let mut chain = lock(conn).await?;
        if !chain.holds(&key) {
            // What is broken is kept as it is: it is evidence.
            return Ok(0);
        }
        let audit = logs::kind.eq(LogKind::Audit).and(logs::seq.is_not_null());
        let kept: Option<i64> = logs::table
            .filter(audit)
            .filter(logs::date.ge(before))
            .order(logs::seq.asc())
            .select(logs::seq)
            .first::<Option<i64>>(conn)
            .await
            .optional()?
            .flatten();
        let kept = kept.unwrap_or(chain.last_seq + 1);
        let old = list(conn, 0, kept - 1, limit).await?;
        let mut removed = 0;
        if let Some(last) = old.last() {
            let count = i64::try_from(old.len()).unwrap_or(i64::MAX);
            removed += diesel::delete(
                logs::table
                    .filter(logs::kind.eq(LogKind::Audit))
                    .filter(logs::seq.le(last.seq)),
            )
            .execute(conn)
            .await?;
            chain.trim(count, last.hash.clone());
        }
        let custom = logs::table
            .filter(logs::kind.eq(LogKind::Custom))
            .filter(logs::date.lt(before))
            .order((logs::date.asc(), logs::id.asc()))
            .limit(limit)
            .select(logs::id);
        let custom: Vec<crate::id::LogId> = custom.load(conn).await?;
        removed += diesel::delete(logs::table.filter(logs::id.eq_any(custom)))
            .execute(conn)
            .await?;
        store(conn, chain, &key).await?;
        Ok(removed)
    })
}
