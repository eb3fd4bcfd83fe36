//! The items of a batch as the database keeps them.

use diesel::{Insertable, Queryable, Selectable};

use crate::db::types::JsonValue;
use crate::id::JobId;

/// One item: its input until it is done, then its outcome.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::batch_items)]
pub struct BatchItem {
    /// The batch.
    pub job_id: JobId,
    /// Its place, from 0.
    pub number: i32,
    /// What is to be done; none once it is.
    pub input: Option<JsonValue>,
    /// What came of it.
    pub outcome: Option<JsonValue>,
}
