//! SQL of the signing keys.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, transaction};
use crate::db::schema::signing_keys;
use crate::error::Result;
use crate::keyring::SigningKey;

/// Every key; the one that signs comes first.
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
