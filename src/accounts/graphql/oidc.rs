//! Signing in by providers, on the wire: which there are, and which identities are the viewer's.

use async_graphql::{Context, Object, SimpleObject};

use crate::accounts::{oidc, service};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::graphql::payload::DeletePayload;
use crate::id::IdentityId;

/// A way to sign in beside the password: an account at an OpenID Connect provider.
#[derive(SimpleObject)]
pub struct AuthProvider {
    /// Its name on this server: `google`.
    pub name: String,
    /// What to write on the button.
    pub label: String,
    /// Where the button leads, as a navigation of the whole page. With `?returnTo=` and an address of this
    /// server or a configured origin, the browser comes back there, signed in. Whoever is signed in already
    /// links the identity to their account, if the link is followed from one of those pages.
    pub login_url: String,
}

/// An account elsewhere that signs in to the viewer's account.
#[derive(SimpleObject)]
pub struct LinkedIdentity {
    /// The global id, `identity_…`.
    pub id: IdentityId,
    /// The provider's name on this server when it was linked.
    pub provider: String,
    /// The address that the provider last told.
    pub email: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_used_at: Timestamp,
}

impl From<oidc::LinkedIdentity> for LinkedIdentity {
    fn from(row: oidc::LinkedIdentity) -> Self {
        Self {
            id: row.id,
            provider: row.provider,
            email: row.email,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// What can be asked about other ways to sign in.
#[derive(Default)]
pub struct OidcQueries;

#[Object]
impl OidcQueries {
    /// The providers whose accounts sign in here, for the buttons of a sign-in page.
    #[graphql(directive = list_size::apply(Some(5), None))]
    async fn auth_providers(&self, ctx: &Context<'_>) -> Result<Vec<AuthProvider>> {
        let app = ctx.app()?;
        let origin = app.config.server.public_url.as_str().trim_end_matches('/');
        let providers = app.oidc.list().iter().map(|provider| AuthProvider {
            name: provider.name().to_owned(),
            label: provider.label().to_owned(),
            login_url: format!("{origin}/auth/{}/login", provider.name()),
        });
        Ok(providers.collect())
    }

    /// The accounts elsewhere that sign in to the viewer's account, the oldest first. UNAUTHENTICATED where
    /// nobody is signed in.
    #[graphql(cache_control(no_cache), directive = list_size::apply(Some(5), None))]
    async fn linked_identities(&self, ctx: &Context<'_>) -> Result<Option<Vec<LinkedIdentity>>> {
        let rows = service::linked_identities(ctx.app()?, ctx.viewer()?).await?;
        Ok(Some(rows.into_iter().map(LinkedIdentity::from).collect()))
    }
}

/// What can be changed about other ways to sign in.
#[derive(Default)]
pub struct OidcMutations;

#[Object]
impl OidcMutations {
    /// Takes an account elsewhere from those that sign in to the viewer's account. CONFLICT for the last way in.
    async fn unlink_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one: an id of `linkedIdentities`.")] identity_id: IdentityId,
    ) -> Result<Option<DeletePayload>> {
        let unlinked = service::unlink_identity(ctx.app()?, ctx.viewer()?, identity_id).await;
        DeletePayload::of(unlinked).map(Some)
    }
}
