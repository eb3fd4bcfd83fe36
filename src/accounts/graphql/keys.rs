//! Queries and mutations of API keys.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::ApiKey;
use crate::accounts::service::{self, NewKey};
use crate::error::{Result, UserError};
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::graphql::payload::{outcome, payload};
use crate::id::ApiKeyId;
use crate::viewer::{Scope, Scopes};

/// What a new API key is to be.
#[derive(InputObject)]
pub struct CreateApiKeyInput {
    /// What to call it; 1–80 characters.
    pub name: String,
    /// What it may be used for; at least one. ADMIN is for administrators (FORBIDDEN for others).
    pub scopes: Vec<Scope>,
    /// When it ends by itself; never where it is omitted.
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<CreateApiKeyInput> for NewKey {
    fn from(input: CreateApiKeyInput) -> Self {
        Self {
            name: input.name,
            scopes: Scopes::of(input.scopes),
            expires_at: input.expires_at,
        }
    }
}

/// A new API key with its secret.
#[derive(SimpleObject)]
pub struct CreateApiKeyPayload {
    /// The key.
    pub api_key: Option<ApiKey>,
    /// The key itself, `pluma_sk_…`. It is shown once: the server keeps only its hash. Send it as
    /// `Authorization: Bearer …` or `X-API-Key`.
    pub secret: Option<String>,
    /// What to correct; where it holds anything, nothing was changed.
    pub errors: Vec<UserError>,
}

payload! {
    /// An API key after it was changed.
    ApiKeyPayload {
        /// The key.
        api_key: ApiKey
    }
}

/// What can be asked about API keys.
#[derive(Default)]
pub struct KeyQueries;

#[Object]
impl KeyQueries {
    /// The viewer's API keys, the newest first: all that are live, and the fifty newest that have ended. Those go
    /// thirty days after their end. FORBIDDEN for API keys.
    #[graphql(directive = list_size::apply(Some(50), None))]
    async fn api_keys(&self, ctx: &Context<'_>) -> Result<Option<Vec<ApiKey>>> {
        let keys = service::list_keys(ctx.app()?, ctx.viewer()?).await?;
        Ok(Some(keys.into_iter().map(ApiKey).collect()))
    }
}

/// What can be changed about API keys.
#[derive(Default)]
pub struct KeyMutations;

#[Object]
impl KeyMutations {
    /// Makes an API key for the viewer. LIMIT_REACHED where there are fifty live ones. FORBIDDEN for API keys.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new key.")] input: CreateApiKeyInput,
    ) -> Result<Option<CreateApiKeyPayload>> {
        let created = service::create_key(ctx.app()?, ctx.viewer()?, input.into()).await;
        let (created, errors) = outcome(created)?;
        let (api_key, secret) = created.map_or((None, None), |(key, secret)| {
            (Some(ApiKey(key)), Some(secret))
        });
        Ok(Some(CreateApiKeyPayload {
            api_key,
            secret,
            errors,
        }))
    }

    /// Revokes one of the viewer's API keys for good, with the tokens that it got and its open streams.
    /// FORBIDDEN for API keys.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] api_key_id: ApiKeyId,
    ) -> Result<Option<ApiKeyPayload>> {
        let key = service::revoke_key(ctx.app()?, ctx.viewer()?, api_key_id).await;
        ApiKeyPayload::of(key.map(ApiKey)).map(Some)
    }
}
