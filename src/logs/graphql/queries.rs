//! Queries over the log.

use async_graphql::{Context, Object, SimpleObject};

use super::{Log, LogConnection, LogFilter};
use crate::error::Result;
use crate::graphql::connection::Items;
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::paging::PageArgs;
use crate::id::LogId;
use crate::logs::service;

/// What a check of the hash chain over the AUDIT entries found.
#[derive(SimpleObject)]
pub struct AuditVerification {
    /// Whether every entry is there as it was written.
    valid: bool,
    /// How many entries hold, from the oldest one that is kept.
    entries: i64,
    /// The first entry whose hash does not hold.
    first_broken: Option<Log>,
    /// What is wrong, in words; null where the chain is valid.
    problem: Option<String>,
    /// The newest hash that holds, in hexadecimal digits. Noted elsewhere, it proves later that the log up to here is the same.
    head: String,
}

/// What can be asked about the log.
#[derive(Default)]
pub struct LogQueries;

/// What can be asked about the log.
#[Object]
impl LogQueries {
    /// The log, the newest entries first: everybody's for administrators, their own for others.
    async fn logs(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start of the list; 20 where neither this nor `last` is given, at most 100."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what stands before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which entries; all of them where it is omitted.")] filter: Option<
            LogFilter,
        >,
    ) -> Result<Option<LogConnection>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = filter.unwrap_or_default().read()?;
        let Items { slice, count } = service::list(ctx.app()?, ctx.viewer()?, page, filter).await?;
        let slice = slice.map(|(cursor, row)| (cursor, Log(row)));
        Ok(Some(LogConnection(Items { slice, count })))
    }

    /// One entry; null where there is none, or none that the viewer may see.
    async fn log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The entry's id.")] id: LogId,
    ) -> Result<Option<Log>> {
        let found = service::find(ctx.app()?, ctx.viewer()?, id).await?;
        Ok(found.map(Log))
    }

    /// Follows the hash chain over all AUDIT entries; administrators. On a log of millions of entries use
    /// `pluma admin audit verify`, which has no time limit.
    #[graphql(directive = cost::apply(500))]
    async fn verify_audit_log(&self, ctx: &Context<'_>) -> Result<Option<AuditVerification>> {
        let found = service::verify(ctx.app()?, ctx.viewer()?).await?;
        Ok(Some(AuditVerification {
            valid: found.problem.is_none(),
            entries: found.entries,
            first_broken: found.first_broken.map(Log),
            problem: found.problem,
            head: found.head,
        }))
    }
}
