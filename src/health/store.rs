//! SQL that asks the database whether it answers.

use diesel::sql_types::Integer;
use diesel::{IntoSql, select};
use diesel_async::RunQueryDsl;

use super::Conn;
use crate::error::Result;

/// Does nothing but come back.
pub async fn ping(conn: &mut Conn) -> Result<()> {
    select(1.into_sql::<Integer>())
        .get_result::<i32>(conn)
        .await?;
    Ok(())
}
