//! The log: who changed what, written in the transaction of the change.

use diesel::{Insertable, Queryable, Selectable};
use serde_json::{Value, json};

use crate::db::types::{JsonValue, Timestamp};
use crate::id::{LogId, UserId};
use crate::viewer::{Identity, Viewer};

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
}

impl Log {
    /// An audit entry: `viewer` does `action` to `subject` now. What an API key does has the key in its details.
    pub fn audit(
        viewer: &Viewer,
        date: Timestamp,
        action: &str,
        subject: impl std::fmt::Display,
    ) -> Self {
        let identity = viewer.identity.as_ref();
        let key = identity.and_then(Identity::key);
        let nobody = match viewer.client.ip {
            Some(_) => "anonymous",
            None => "server",
        };
        Self {
            id: LogId::new(),
            kind: LogKind::Audit,
            date,
            user_id: identity.map(|identity| identity.user_id),
            username: identity
                .map_or(nobody, |identity| &identity.username)
                .to_owned(),
            action: action.to_owned(),
            subject_id: Some(subject.to_string()),
            details: key
                .map(|key| JsonValue(json!({ "apiKey": { "id": key.id, "prefix": key.prefix } }))),
            ip: viewer.client.ip.map(|ip| ip.to_string()),
            request_id: viewer.client.request_id.clone(),
        }
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
