//! SQL of the signing keys.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, transaction};
use crate::db::schema::signing_keys;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::keyring::SigningKey;
use crate::logs::Log;

/// Every key; the newest comes first.
pub async fn list(conn: &mut Conn) -> Result<Vec<SigningKey>> {
    let keys = signing_keys::table
        .order((signing_keys::created_at.desc(), signing_keys::kid.desc()))
        .select(SigningKey::as_select())
        .load(conn)
        .await?;
    Ok(keys)
}

/// Stores the first key, unless another replica was faster.
pub async fn insert_first(conn: &mut Conn, key: SigningKey) -> Result<()> {
    transaction!(conn, {
        let known: i64 = signing_keys::table.count().get_result(conn).await?;
        if known == 0 {
            diesel::insert_into(signing_keys::table)
                .values(&key)
                .execute(conn)
                .await?;
        }
        Ok(())
    })
}

/// Stores a new key; those before it are good until `old_until`, or less where that was said before.
pub async fn rotate(
    conn: &mut Conn,
    key: SigningKey,
    old_until: Timestamp,
    entry: Log,
) -> Result<()> {
    transaction!(conn, {
        diesel::update(signing_keys::table)
            .filter(
                signing_keys::retired_at
                    .is_null()
                    .or(signing_keys::retired_at.gt(old_until)),
            )
            .set(signing_keys::retired_at.eq(old_until))
            .execute(conn)
            .await?;
        diesel::insert_into(signing_keys::table)
            .values(&key)
            .execute(conn)
            .await?;
        super::logs::insert(conn, &entry).await
    })
}

/// Removes keys that were retired before a moment.
pub async fn delete_retired(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    let gone = diesel::delete(signing_keys::table)
        .filter(signing_keys::retired_at.lt(before))
        .execute(conn)
        .await?;
    Ok(gone)
}
