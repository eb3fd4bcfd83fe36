//! SQL of what the last look at models' drift found.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, logs, transaction};
use crate::db::schema::model_drifts;
use crate::error::Result;
use crate::logs::Log;
use crate::predictions::DriftState;

/// Notes what was found; `log` is written where a threshold is passed that was not passed at the last look. Gives whether
/// that is so.
pub async fn put(conn: &mut Conn, found: DriftState, log: Log) -> Result<bool> {
    transaction!(conn, {
        let of_model = || model_drifts::table.find(found.model_id);
        let before: Option<DriftState> = of_model()
            .select(DriftState::as_select())
            .first(conn)
            .await
            .optional()?;
        // Another champion is another model.
        let known = before.is_some_and(|old| old.drifted && old.version_id == found.version_id);
        diesel::delete(of_model()).execute(conn).await?;
        diesel::insert_into(model_drifts::table)
            .values(&found)
            .execute(conn)
            .await?;
        let passed = found.drifted && !known;
        if passed {
            logs::insert(conn, &log).await?;
        }
        Ok(passed)
    })
}
