//! The log as it is written: a stream in the log's own order, which no commit can slip behind.

use std::time::Duration;

use async_stream::try_stream;
use futures_util::Stream;

use super::service::visible;
use super::{Log, LogFilter, TOPIC};
use crate::app::App;
use crate::db::query;
use crate::error::{Error, Result};
use crate::id::LogId;
use crate::viewer::Viewer;

/// How long a subscriber waits for a call before looking by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How many entries are read at once.
const BATCH: i64 = 100;

/// Entries as they get their place in the log, from now on or behind the entry `after`; for administrators.
pub async fn added(
    app: App,
    viewer: Viewer,
    filter: LogFilter,
    after: Option<LogId>,
) -> Result<impl Stream<Item = Result<Log>> + Send> {
    viewer.require_admin()?;
    let filter = visible(&viewer, filter)?;
    // Listening before the first look: nothing that happens in between is missed.
    let mut listener = app.events.listen(TOPIC);
    let mut seen = match after {
        None => query!(app.db, logs::newest())?,
        Some(id) => query!(app.db, logs::place(id))?.ok_or_else(|| {
            Error::bad_input("`after` names no entry: pass the id of one that this stream gave.")
        })?,
    };
    Ok(try_stream! {
        loop {
            let newest = query!(app.db, logs::newest())?;
            while newest > seen {
                let filter = filter.clone();
                let entries = query!(app.db, logs::behind(filter, seen, newest, BATCH))?;
                if entries.is_empty() {
                    seen = newest;
                }
                for (seq, log) in entries {
                    seen = seq;
                    yield log;
                }
            }
            listener.heard(LOOK_AGAIN).await;
        }
    })
}
