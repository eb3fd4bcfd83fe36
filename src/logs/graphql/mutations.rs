//! Mutations of the log.

use async_graphql::{Context, ID, InputObject, Object};
use serde_json::Value;

use super::Log;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::payload::{DeletePayload, payload};
use crate::id::LogId;
use crate::logs::service::{self, NewLog};

payload! {
    /// What a change to the log gives.
    LogPayload {
        /// The entry as it is now.
        log: Log
    }
}

/// What a client notes in the log.
#[derive(InputObject)]
pub struct CreateLogInput {
    /// What was done, on one line of at most 100 characters.
    action: String,
    /// The id of what it was done to.
    subject_id: Option<ID>,
    /// More about it: any JSON of at most 64 KiB.
    details: Option<Value>,
}

/// What to change of an entry.
#[derive(InputObject)]
pub struct UpdateLogInput {
    /// Which entry; a CUSTOM one.
    log_id: LogId,
    /// What was done, on one line of at most 100 characters. Left out, or null, it stays.
    action: Option<String>,
    /// More about it, in place of what was there: any JSON of at most 64 KiB. Left out, or null, it stays.
    details: Option<Value>,
}

/// What can be changed about the log.
#[derive(Default)]
pub struct LogMutations;

/// What can be changed about the log.
#[Object]
impl LogMutations {
    /// Notes something in the log under the viewer's name, as a CUSTOM entry.
    async fn create_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to note.")] input: CreateLogInput,
    ) -> Result<Option<LogPayload>> {
        let input = NewLog {
            action: input.action,
            subject_id: input.subject_id.map(|id| id.0),
            details: input.details,
        };
        let result = service::create(ctx.app()?, ctx.viewer()?, input).await;
        LogPayload::of(result.map(Log)).map(Some)
    }

    /// Changes a CUSTOM entry; its author and administrators may.
    async fn update_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateLogInput,
    ) -> Result<Option<LogPayload>> {
        let UpdateLogInput {
            log_id,
            action,
            details,
        } = input;
        let result = service::update(ctx.app()?, ctx.viewer()?, log_id, action, details).await;
        LogPayload::of(result.map(Log)).map(Some)
    }

    /// Removes a CUSTOM entry; its author and administrators may.
    async fn delete_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry.")] log_id: LogId,
    ) -> Result<Option<DeletePayload>> {
        let result = service::delete(ctx.app()?, ctx.viewer()?, log_id).await;
        DeletePayload::of(result).map(Some)
    }
}
