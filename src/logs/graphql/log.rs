//! The `Log` type, its connection and its filter.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::accounts::graphql::{User, load_user};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::connection;
use crate::graphql::times;
use crate::id::{LogId, UserId};
use crate::logs::{self, LogKind};

/// An entry of the log: who did what, when and from where.
#[derive(Clone)]
pub struct Log(pub logs::Log);

/// An entry of the log: who did what, when and from where.
#[Object]
impl Log {
    /// The global id, `log_…`.
    pub async fn id(&self) -> LogId {
        self.0.id
    }

    /// Whether the server wrote it, or a client.
    async fn kind(&self) -> LogKind {
        self.0.kind
    }

    /// When it happened.
    async fn date(&self) -> Timestamp {
        self.0.date
    }

    /// Who did it; null once the account is gone, and for what the server did by itself.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.user_id {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The user's name when it happened; it stays when the user is renamed or deleted.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// What was done, as `page.published`; at most 100 characters.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// The id of what it was done to; that may be gone.
    async fn subject_id(&self) -> Option<ID> {
        self.0.subject_id.as_deref().map(ID::from)
    }

    /// More about it; never contents or secrets.
    async fn details(&self) -> Option<&Value> {
        self.0.details.as_ref().map(|details| &details.0)
    }

    /// The client's address.
    async fn ip(&self) -> Option<&str> {
        self.0.ip.as_deref()
    }

    /// The id of the request, as in its `X-Request-ID`.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

connection!(LogConnection, LogEdge, Log, "log entries");

/// Which entries of the log; each field narrows it.
#[derive(InputObject, Default)]
pub struct LogFilter {
    /// What this user did. Who is no administrator finds entries of their own alone.
    user_id: Option<UserId>,
    /// What the server wrote, or what clients did.
    kind: Option<LogKind>,
    /// Exactly this action.
    action: Option<String>,
    /// What was done to this object.
    subject_id: Option<ID>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Before this moment.
    to: Option<DateTime<Utc>>,
}

impl LogFilter {
    /// The filter as the service takes it.
    pub(super) fn read(self) -> Result<logs::LogFilter> {
        let text = |name: &str, text: Option<String>| match text {
            Some(text) if text.contains('\0') => Err(Error::bad_input(format!(
                "`filter.{name}` holds U+0000, which no entry has."
            ))),
            text => Ok(text),
        };
        Ok(logs::LogFilter {
            visible_to: None,
            user_id: self.user_id,
            kind: self.kind,
            action: text("action", self.action)?,
            subject_id: text("subjectId", self.subject_id.map(|id| id.0))?,
            from: times::read("filter.from", self.from)?,
            to: times::read("filter.to", self.to)?,
        })
    }
}
