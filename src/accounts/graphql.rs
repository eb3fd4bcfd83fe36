//! Accounts on the wire: their queries and mutations.

mod email;
mod inputs;
mod mutations;
mod oidc;
mod queries;
mod session;
mod user;

pub use email::{EmailMutations, PasswordResetPayload};
pub use inputs::{
    LoginInput, RegisterInput, UpdateProfileInput, UpdateUserInput, UserBy, UserFilter,
};
pub use mutations::{AccountMutations, AuthPayload, SessionPayload, UserPayload};
pub use oidc::{AuthProvider, LinkedIdentity, OidcMutations, OidcQueries};
pub use queries::AccountQueries;
pub use session::Session;
pub use user::{User, UserConnection, UserEdge, load_user};
