//! SQL of API keys.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, hold_user, transaction};
use crate::accounts::api_key::ApiKey;
use crate::db::schema::{api_keys, users};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::id::{ApiKeyId, UserId};
use crate::logs::Log;
use crate::viewer::{Role, Scope};

/// The live key of this hash, with its owner's name and role as they are now.
pub async fn identify(
    conn: &mut Conn,
    hash: Vec<u8>,
    now: Timestamp,
) -> Result<Option<(ApiKey, String, Role)>> {
    let found = api_keys::table
        .inner_join(users::table)
        .filter(api_keys::hash.eq(hash))
        .filter(live(now))
        .select((ApiKey::as_select(), users::username, users::role))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The live key of this id, with its owner's name and role as they are now.
pub async fn identify_by_id(
    conn: &mut Conn,
    id: ApiKeyId,
    user_id: UserId,
    now: Timestamp,
) -> Result<Option<(ApiKey, String, Role)>> {
    let found = api_keys::table
        .inner_join(users::table)
        .filter(api_keys::id.eq(id))
        .filter(api_keys::user_id.eq(user_id))
        .filter(live(now))
        .select((ApiKey::as_select(), users::username, users::role))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Revokes every key of a user; called inside a transaction.
pub async fn end_all(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<()> {
    diesel::update(api_keys::table)
        .filter(api_keys::user_id.eq(user_id))
        .filter(api_keys::revoked_at.is_null())
        .set(api_keys::revoked_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Which of these keys are live and of accounts that have `role`.
pub async fn list_live(
    conn: &mut Conn,
    ids: Vec<ApiKeyId>,
    role: Role,
    now: Timestamp,
) -> Result<Vec<ApiKeyId>> {
    let found = api_keys::table
        .inner_join(users::table)
        .filter(api_keys::id.eq_any(ids))
        .filter(live(now))
        .filter(users::role.eq(role))
        .select(api_keys::id)
        .load(conn)
        .await?;
    Ok(found)
}

/// A key of a user, live or not.
pub async fn find(conn: &mut Conn, id: ApiKeyId, user_id: UserId) -> Result<Option<ApiKey>> {
    let found = api_keys::table
        .filter(api_keys::id.eq(id))
        .filter(api_keys::user_id.eq(user_id))
        .select(ApiKey::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The live keys of a user, and as many as `most` of those that ended last; the newest come first.
pub async fn list(
    conn: &mut Conn,
    user_id: UserId,
    now: Timestamp,
    most: i64,
) -> Result<Vec<ApiKey>> {
    let own = || api_keys::table.filter(api_keys::user_id.eq(user_id));
    let mut keys = own()
        .filter(live(now))
        .select(ApiKey::as_select())
        .load(conn)
        .await?;
    let ended: Vec<ApiKey> = own()
        .filter(
            api_keys::revoked_at
                .is_not_null()
                .or(api_keys::expires_at.assume_not_null().le(now)),
        )
        .order(api_keys::created_at.desc())
        .limit(most)
        .select(ApiKey::as_select())
        .load(conn)
        .await?;
    keys.extend(ended);
    keys.sort_unstable_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
    Ok(keys)
}

/// Stores a key; `None` where its owner is gone, `full` where its owner has `most` live ones already, `refusal` where it is to have ADMIN and
/// its owner is no administrator.
pub async fn insert(
    conn: &mut Conn,
    (key, hash): (ApiKey, Vec<u8>),
    most: i64,
    (full, refusal): (Error, Error),
    entry: Log,
) -> Result<Option<()>> {
    transaction!(conn, {
        // A demotion is before or after as well.
        hold_user(conn, key.user_id).await?;
        let owner = users::table.find(key.user_id);
        let role: Option<Role> = owner.select(users::role).first(conn).await.optional()?;
        let Some(role) = role else {
            return Ok(None);
        };
        if key.scopes.has(Scope::Admin) && role != Role::Admin {
            return Err(refusal);
        }
        let known: i64 = api_keys::table
            .filter(api_keys::user_id.eq(key.user_id))
            .filter(live(key.created_at))
            .count()
            .get_result(conn)
            .await?;
        if known >= most {
            return Err(full);
        }
        diesel::insert_into(api_keys::table)
            .values((&key, api_keys::hash.eq(hash)))
            .execute(conn)
            .await?;
        super::logs::insert(conn, &entry).await?;
        Ok(Some(()))
    })
}

/// Revokes a key of a user; one that was revoked before is given as it is, `None` where there is none.
pub async fn revoke(
    conn: &mut Conn,
    id: ApiKeyId,
    user_id: UserId,
    entry: Log,
) -> Result<Option<ApiKey>> {
    transaction!(conn, {
        let revoked = diesel::update(api_keys::table)
            .filter(api_keys::id.eq(id))
            .filter(api_keys::user_id.eq(user_id))
            .filter(api_keys::revoked_at.is_null())
            .set(api_keys::revoked_at.eq(entry.date))
            .execute(conn)
            .await?;
        if revoked > 0 {
            super::logs::insert(conn, &entry).await?;
        }
        find(conn, id, user_id).await
    })
}

/// Notes that these keys were used.
pub async fn touch(conn: &mut Conn, ids: Vec<ApiKeyId>, at: Timestamp) -> Result<()> {
    diesel::update(api_keys::table)
        .filter(api_keys::id.eq_any(ids))
        .set(api_keys::last_used_at.eq(at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes at most `most` keys that ended before a moment; gives how many.
pub async fn purge(conn: &mut Conn, before: Timestamp, most: i64) -> Result<usize> {
    transaction!(conn, {
        let ids: Vec<ApiKeyId> = api_keys::table
            .filter(
                api_keys::revoked_at
                    .lt(before)
                    .or(api_keys::expires_at.lt(before)),
            )
            .select(api_keys::id)
            .limit(most)
            .load(conn)
            .await?;
        let gone = diesel::delete(api_keys::table.filter(api_keys::id.eq_any(ids)))
            .execute(conn)
            .await?;
        Ok(gone)
    })
}

/// Not revoked, and not expired.
#[diesel::dsl::auto_type(no_type_alias)]
fn live(now: Timestamp) -> _ {
    api_keys::revoked_at.is_null().and(
        api_keys::expires_at
            .is_null()
            .or(api_keys::expires_at.assume_not_null().gt(now)),
    )
}
