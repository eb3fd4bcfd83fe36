//! SQL that asks which sessions are in use, and notes that they were.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, transaction};
use crate::accounts::LiveSession;
use crate::db::schema::{sessions, users};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{SessionId, UserId};
use crate::viewer::Role;

/// Whose live session this is.
pub async fn identify(
    conn: &mut Conn,
    id: SessionId,
    user_id: UserId,
    now: Timestamp,
) -> Result<Option<LiveSession>> {
    let found = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select((
            users::username,
            users::role,
            sessions::last_seen_at,
            sessions::ip,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// How many of these sessions are live and of accounts that have `role`.
pub async fn count_live(
    conn: &mut Conn,
    ids: Vec<SessionId>,
    role: Role,
    now: Timestamp,
) -> Result<i64> {
    let found = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::role.eq(role))
        .count()
        .get_result(conn)
        .await?;
    Ok(found)
}

/// Which of these sessions are live and of accounts that have `role`.
pub async fn list_live(
    conn: &mut Conn,
    ids: Vec<SessionId>,
    role: Role,
    now: Timestamp,
) -> Result<Vec<SessionId>> {
    let found = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::role.eq(role))
        .select(sessions::id)
        .load(conn)
        .await?;
    Ok(found)
}

/// The latest addresses at which a user had sessions that were used after `since`.
pub async fn addresses(conn: &mut Conn, user_id: UserId, since: Timestamp) -> Result<Vec<String>> {
    let found: Vec<Option<String>> = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::last_seen_at.ge(since))
        .filter(sessions::ip.is_not_null())
        .order(sessions::last_seen_at.desc())
        .select(sessions::ip)
        .limit(100)
        .load(conn)
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// Notes that these sessions were used, and from where those are that moved.
pub async fn touch(
    conn: &mut Conn,
    stayed: Vec<SessionId>,
    moved: Vec<(SessionId, String)>,
    at: Timestamp,
) -> Result<()> {
    transaction!(conn, {
        diesel::update(sessions::table)
            .filter(sessions::id.eq_any(stayed))
            .filter(sessions::last_seen_at.lt(at))
            .set(sessions::last_seen_at.eq(at))
            .execute(conn)
            .await?;
        for (id, ip) in moved {
            diesel::update(sessions::table.find(id))
                .set((sessions::last_seen_at.eq(at), sessions::ip.eq(ip)))
                .execute(conn)
                .await?;
        }
        Ok(())
    })
}
