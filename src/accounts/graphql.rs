//! Accounts on the wire: their queries and mutations.

mod access;
mod api_key;
mod email;
mod inputs;
mod keys;
mod mutations;
mod oidc;
mod queries;
mod session;
mod sessions;
mod user;

pub use access::{Access, AccessQueries, RateLimit};
pub use api_key::ApiKey;
pub use keys::{ApiKeyPayload, CreateApiKeyInput, CreateApiKeyPayload, KeyMutations, KeyQueries};
pub use sessions::{SessionMutations, SessionQueries, SessionsPayload};

pub use email::{EmailMutations, PasswordResetPayload};
pub use inputs::{
    LoginInput, RegisterInput, UpdateProfileInput, UpdateUserInput, UserBy, UserFilter,
};
pub use mutations::{AccountMutations, AuthPayload, SessionPayload, UserPayload};
pub use oidc::{AuthProvider, LinkedIdentity, OidcMutations, OidcQueries};
pub use queries::AccountQueries;
pub use session::Session;
pub use user::{User, UserConnection, UserEdge, load_user};
