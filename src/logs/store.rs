//! SQL of the log.

use diesel_async::RunQueryDsl;

use super::Conn;
use crate::db::schema::logs;
use crate::error::Result;
use crate::idempotency::slot;
use crate::logs::Log;

/// Writes an entry; called inside the transaction of the change that it tells of.
pub async fn insert(conn: &mut Conn, entry: &Log) -> Result<()> {
    slot::note(&entry.action, entry.subject_id.as_deref());
    diesel::insert_into(logs::table)
        .values(entry)
        .execute(conn)
        .await?;
    Ok(())
}
