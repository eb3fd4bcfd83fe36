//! The log: who changed what, written in the transaction of the change and sealed into a hash chain, and what
//! clients note beside it.

pub mod chain;
pub mod graphql;
pub mod live;
pub mod sealing;
pub mod service;

use diesel::{Insertable, Queryable, Selectable};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::types::{JsonValue, Timestamp};
use crate::id::{LogId, UserId};
use crate::viewer::{Identity, Viewer};

/// The longest action, in characters.
pub const MAX_ACTION: usize = 100;

/// Who wrote an entry.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum LogKind {
    /// Written by the server; append-only and hash-chained, so that tampering shows.
    Audit,
    /// Written by a client; its author or an administrator may change or delete it.
    Custom,
}
crate::db::types::text_enum!(LogKind { Audit = "AUDIT", Custom = "CUSTOM" });

/// One entry.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::logs)]
pub struct Log {
    /// Its id.
    pub id: LogId,
    /// Who wrote it.
    pub kind: LogKind,
    /// When it happened.
    pub date: Timestamp,
    /// Who did it; none once the account is gone, and for the server's own doing.
    pub user_id: Option<UserId>,
    /// The name of that user at the time.
    pub username: String,
    /// What was done: `page.published`, at most 100 characters.
    pub action: String,
    /// The TypeID of what it was done to.
    pub subject_id: Option<String>,
    /// More about it; never contents or secrets.
    pub details: Option<JsonValue>,
    /// The client's address.
    pub ip: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The TypeID of who did it; it stays when the account goes.
    pub actor: Option<String>,
}

/// Which entries a list or a stream holds; each part narrows it.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// The entries of this user, which are all that somebody who is no administrator may see.
    pub visible_to: Option<UserId>,
    /// What this user did.
    pub user_id: Option<UserId>,
    /// Entries of this kind.
    pub kind: Option<LogKind>,
    /// Entries of exactly this action.
    pub action: Option<String>,
    /// What was done to this object, by its TypeID.
    pub subject_id: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// What changes about a CUSTOM entry.
#[derive(Debug, Clone, diesel::AsChangeset)]
#[diesel(table_name = crate::db::schema::logs)]
pub struct LogChanges {
    /// What was done; `None` leaves what is there.
    pub action: Option<String>,
    /// More about it; `None` leaves what is there.
    pub details: Option<JsonValue>,
}

/// Called out when entries have got their place in the log.
pub const TOPIC: Uuid = Uuid::from_u128(0x706c_756d_615f_6c6f_6773);

impl Log {
    /// An audit entry: `viewer` does `action` to `subject` now. What an API key does has the key in its details.
    pub fn audit(
        viewer: &Viewer,
        date: Timestamp,
        action: &str,
        subject: impl std::fmt::Display,
    ) -> Self {
        Self {
            subject_id: Some(subject.to_string()),
            ..Self::of(viewer, LogKind::Audit, date, action.to_owned())
        }
    }

    fn of(viewer: &Viewer, kind: LogKind, date: Timestamp, action: String) -> Self {
        let identity = viewer.identity.as_ref();
        let key = identity.and_then(Identity::key);
        let nobody = match viewer.client.ip {
            Some(_) => "anonymous",
            None => "server",
        };
        Self {
            id: LogId::new(),
            kind,
            date,
            user_id: identity.map(|identity| identity.user_id),
            username: identity
                .map_or(nobody, |identity| &identity.username)
                .to_owned(),
            action,
            subject_id: None,
            details: key
                .map(|key| JsonValue(json!({ "apiKey": { "id": key.id, "prefix": key.prefix } }))),
            ip: viewer.client.ip.map(|ip| ip.to_string()),
            request_id: viewer.client.request_id.clone(),
            actor: identity.map(|identity| identity.user_id.to_string()),
        }
    }

    /// The same entry as the doing of somebody who does not ask just now.
    #[must_use]
    pub fn by(mut self, user_id: UserId, username: &str) -> Self {
        self.user_id = Some(user_id);
        self.actor = Some(user_id.to_string());
        username.clone_into(&mut self.username);
        self
    }

    /// The same entry with more details.
    #[must_use]
    pub fn with(mut self, mut details: Value) -> Self {
        if let (Some(JsonValue(Value::Object(known))), Some(details)) =
            (self.details.take(), details.as_object_mut())
        {
            details.extend(known);
        }
        self.details = Some(JsonValue(details));
        self
    }
}
