//! SQL of the accounts elsewhere that sign in here.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Conn;
use crate::db::schema::identities;
use crate::error::Result;
use crate::id::UserId;

/// Removes every identity of an account; called inside a transaction.
pub async fn delete_all(conn: &mut Conn, user_id: UserId) -> Result<()> {
    diesel::delete(identities::table.filter(identities::user_id.eq(user_id)))
        .execute(conn)
        .await?;
    Ok(())
}
