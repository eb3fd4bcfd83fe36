//! The log as it is written.

use async_graphql::{Context, Subscription};
use futures_util::{Stream, StreamExt};

use super::{Log, LogFilter};
use crate::error::Result;
use crate::graphql::context::Request;
use crate::id::LogId;
use crate::logs::live;

/// What can be watched about the log.
#[derive(Default)]
pub struct LogSubscriptions;

/// What can be watched about the log.
#[Subscription]
impl LogSubscriptions {
    /// The log as it is written, in its own order, within a second; administrators.
    async fn log_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries; all of them where it is omitted.")] filter: Option<
            LogFilter,
        >,
        #[graphql(
            desc = "The last entry that the client has seen: the stream goes on behind it. From now on where it is omitted."
        )]
        after: Option<LogId>,
    ) -> Result<impl Stream<Item = Result<Log>>> {
        let filter = filter.unwrap_or_default().read()?;
        let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?.clone());
        let entries = live::added(app, viewer, filter, after).await?;
        Ok(entries.map(|entry| entry.map(Log)))
    }
}
