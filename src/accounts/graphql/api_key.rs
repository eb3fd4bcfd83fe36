//! The `ApiKey` type.

use async_graphql::Object;

use crate::accounts::api_key;
use crate::db::types::Timestamp;
use crate::id::ApiKeyId;
use crate::viewer::Scope;

/// A secret by which a program acts in its owner's name, within scopes.
#[derive(Clone)]
pub struct ApiKey(pub api_key::ApiKey);

/// A secret by which a program acts in its owner's name, within scopes.
#[Object]
impl ApiKey {
    /// The global id, `apikey_…`; it is the `client_id` at `/oauth/token`, and no secret.
    pub async fn id(&self) -> ApiKeyId {
        self.0.id
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The first characters of the key, to recognise it by; the key itself is shown once.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it may be used for. ADMIN counts only while its owner is an administrator.
    async fn scopes(&self) -> Vec<Scope> {
        self.0.scopes.iter().collect()
    }

    /// When it was made.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// When it was last used, give or take a minute; null where it never was.
    async fn last_used_at(&self) -> Option<Timestamp> {
        self.0.last_used_at
    }

    /// When it ends by itself; null where it does not.
    async fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at
    }

    /// When it was revoked; null where it was not.
    async fn revoked_at(&self) -> Option<Timestamp> {
        self.0.revoked_at
    }
}
