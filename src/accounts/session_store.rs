//! SQL of sessions and their refresh tokens.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Conn, transaction};
use crate::accounts::{RefreshToken, Rotated, Rotation, Session, User};
use crate::db::schema::{refresh_tokens, sessions, users};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{SessionId, UserId};
use crate::logs::Log;

/// A live session of a user.
pub async fn find(
    conn: &mut Conn,
    id: SessionId,
    user_id: UserId,
    now: Timestamp,
) -> Result<Option<Session>> {
    let found = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select(Session::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The live sessions of a user; the one that was used last comes first.
pub async fn list(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<Vec<Session>> {
    let found = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .limit(MOST_SESSIONS)
        .select(Session::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// The session that a refresh token belongs to, with its user.
pub async fn find_by_token(conn: &mut Conn, hash: Vec<u8>) -> Result<Option<(User, Session)>> {
    let found = refresh_tokens::table
        .inner_join(sessions::table.inner_join(users::table))
        .filter(refresh_tokens::hash.eq(hash))
        .select((User::as_select(), Session::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// As many live sessions as one account has at most: what it was signed in on longest ago gives way.
const MOST_SESSIONS: i64 = 100;

/// Stores a session with its first token; called inside a transaction.
pub async fn insert(conn: &mut Conn, session: &Session, token: &RefreshToken) -> Result<()> {
    let unused: Vec<SessionId> = sessions::table
        .filter(sessions::user_id.eq(session.user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(session.created_at))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .offset(MOST_SESSIONS - 1)
        .limit(MOST_SESSIONS)
        .select(sessions::id)
        .load(conn)
        .await?;
    if !unused.is_empty() {
        diesel::update(sessions::table.filter(sessions::id.eq_any(unused)))
            .set(sessions::revoked_at.eq(session.created_at))
            .execute(conn)
            .await?;
    }
    diesel::insert_into(sessions::table)
        .values(session)
        .execute(conn)
        .await?;
    diesel::insert_into(refresh_tokens::table)
        .values(token)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a session; `None` where there is none. One that had ended before is given as it was.
pub async fn end(conn: &mut Conn, id: SessionId, entry: Log) -> Result<Option<Session>> {
    transaction!(conn, {
        if revoke(conn, id, entry.date).await? {
            super::logs::insert(conn, &entry).await?;
        }
        let session = sessions::table
            .find(id)
            .select(Session::as_select())
            .first(conn)
            .await
            .optional()?;
        Ok(session)
    })
}

/// Ends a live session of a user; `None` where there is none.
pub async fn end_own(
    conn: &mut Conn,
    id: SessionId,
    user_id: UserId,
    entry: Log,
) -> Result<Option<Session>> {
    transaction!(conn, {
        let Some(mut session) = find(conn, id, user_id, entry.date).await? else {
            return Ok(None);
        };
        if revoke(conn, id, entry.date).await? {
            super::logs::insert(conn, &entry).await?;
        }
        session.revoked_at = Some(entry.date);
        Ok(Some(session))
    })
}

/// Ends every session of a user and gives those that were live.
pub async fn end_everywhere(conn: &mut Conn, user_id: UserId, entry: Log) -> Result<Vec<Session>> {
    transaction!(conn, {
        let mut ended = list(conn, user_id, entry.date).await?;
        end_all(conn, user_id, None, entry.date).await?;
        for session in &mut ended {
            session.revoked_at = Some(entry.date);
        }
        super::logs::insert(conn, &entry.with(json!({ "sessions": ended.len() }))).await?;
        Ok(ended)
    })
}

/// Ends every session of a user, or every one but `keep`; called inside a transaction.
pub async fn end_all(
    conn: &mut Conn,
    user_id: UserId,
    keep: Option<SessionId>,
    now: Timestamp,
) -> Result<()> {
    let mut ended = diesel::update(sessions::table)
        .set(sessions::revoked_at.eq(now))
        .into_boxed()
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null());
    if let Some(keep) = keep {
        ended = ended.filter(sessions::id.ne(keep));
    }
    ended.execute(conn).await?;
    Ok(())
}

/// Removes every session of a user; called inside a transaction.
pub async fn delete_all(conn: &mut Conn, user_id: UserId) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user_id)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Exchanges a refresh token for the next one.
pub async fn rotate(conn: &mut Conn, rotation: Rotation) -> Result<Rotated> {
    transaction!(conn, {
        let Some((user, mut session)) = find_by_token(conn, rotation.shown.clone()).await? else {
            return Ok(Rotated::Unknown);
        };
        let Rotation { now, .. } = rotation;
        // The session's row comes first: its lock puts the refreshes of one family in line, and those
        // behind the end of the family find it ended.
        let live = diesel::update(sessions::table.find(session.id))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::expires_at.gt(now))
            .set((
                sessions::last_seen_at.eq(now),
                sessions::expires_at.eq(rotation.expires_at),
            ))
            .execute(conn)
            .await?;
        if live == 0 {
            return Ok(Rotated::Ended);
        }
        let used = diesel::update(refresh_tokens::table.find(&rotation.shown))
            .filter(refresh_tokens::used_at.is_null())
            .set(refresh_tokens::used_at.eq(now))
            .execute(conn)
            .await?;
        if used == 0 && used_before(conn, &rotation).await? {
            revoke(conn, session.id, now).await?;
            let viewer = user.acting(session.id, rotation.client);
            let entry = Log::audit(&viewer, now, "session.ended", session.id)
                .with(json!({ "reason": "a refresh token was used twice" }));
            super::logs::insert(conn, &entry).await?;
            return Ok(Rotated::Reused(user.id));
        }
        diesel::delete(refresh_tokens::table)
            .filter(refresh_tokens::session_id.eq(session.id))
            .filter(refresh_tokens::used_at.lt(rotation.forget_before))
            .execute(conn)
            .await?;
        diesel::insert_into(refresh_tokens::table)
            .values(&RefreshToken {
                hash: rotation.next,
                session_id: session.id,
                created_at: now,
                used_at: None,
            })
            .execute(conn)
            .await?;
        session.last_seen_at = now;
        session.expires_at = rotation.expires_at;
        Ok(Rotated::Fresh(Box::new((user, session))))
    })
}

/// Whether the token was used so long ago that racing tabs do not explain it.
async fn used_before(conn: &mut Conn, rotation: &Rotation) -> Result<bool> {
    let used_at: Option<Timestamp> = refresh_tokens::table
        .find(&rotation.shown)
        .select(refresh_tokens::used_at)
        .first(conn)
        .await?;
    Ok(used_at.is_some_and(|used_at| used_at < rotation.reusable_since))
}

async fn revoke(conn: &mut Conn, id: SessionId, now: Timestamp) -> Result<bool> {
    let ended = diesel::update(sessions::table.find(id))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(now))
        .execute(conn)
        .await?;
    Ok(ended > 0)
}

/// Removes at most `most` sessions that ended before a moment, with their tokens; gives how many.
pub async fn purge(conn: &mut Conn, before: Timestamp, most: i64) -> Result<usize> {
    transaction!(conn, {
        let ids: Vec<SessionId> = sessions::table
            .filter(
                sessions::revoked_at
                    .lt(before)
                    .or(sessions::expires_at.lt(before)),
            )
            .select(sessions::id)
            .limit(most)
            .load(conn)
            .await?;
        let gone = diesel::delete(sessions::table.filter(sessions::id.eq_any(ids)))
            .execute(conn)
            .await?;
        Ok(gone)
    })
}
