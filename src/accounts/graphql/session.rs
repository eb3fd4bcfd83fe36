//! The `Session` type.

use async_graphql::Object;

use crate::accounts;
use crate::db::types::Timestamp;
use crate::id::SessionId;

/// A signed-in device: one refresh-token family.
#[derive(Clone)]
pub struct Session {
    row: accounts::Session,
    current: bool,
}

impl Session {
    /// A session; `current` where the request belongs to it.
    pub fn of(row: accounts::Session, current: bool) -> Self {
        Self { row, current }
    }
}

/// A signed-in device: one refresh-token family.
#[Object]
impl Session {
    /// The global id, `session_…`.
    pub async fn id(&self) -> SessionId {
        self.row.id
    }

    /// When the user signed in.
    async fn created_at(&self) -> Timestamp {
        self.row.created_at
    }

    /// When the session was last used, give or take a minute.
    async fn last_seen_at(&self) -> Timestamp {
        self.row.last_seen_at
    }

    /// When the session ends by itself. Each refresh puts it off.
    async fn expires_at(&self) -> Timestamp {
        self.row.expires_at
    }

    /// The address from which the session was last used.
    async fn ip(&self) -> Option<&str> {
        self.row.ip.as_deref()
    }

    /// What the browser or program called itself when the user signed in.
    async fn user_agent(&self) -> Option<&str> {
        self.row.user_agent.as_deref()
    }

    /// This request belongs to it.
    async fn current(&self) -> bool {
        self.current
    }
}
