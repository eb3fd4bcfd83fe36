//! Times in arguments: any that GraphQL can write, and of these the ones that every database can keep.

use chrono::{DateTime, Utc};

use crate::db::types::Timestamp;
use crate::error::{Error, Result};

/// The time of the argument `name`, truncated to what databases keep.
pub fn read(name: &str, time: Option<DateTime<Utc>>) -> Result<Option<Timestamp>> {
    let Some(time) = time else { return Ok(None) };
    let time = Timestamp::try_from(time)
        .map_err(|problem| Error::bad_input(format!("`{name}`: {problem}.")))?;
    Ok(Some(Timestamp::truncated(time.0)))
}
