//! What people and administrators do with accounts, by intention; every function here authorises.

mod administration;
mod api_keys;
mod client_credentials;
mod directory;
mod email;
mod identify;
mod identities;
mod last_use;
mod linking;
mod newcomer;
mod oidc;
mod profile;
mod refresh;
pub mod refusals;
mod register;
mod reset;
mod sessions;
mod throttle;
mod watching;

pub use administration::{create_admin, create_user, delete_user, promote, update_user};
pub use api_keys::{NewKey, create_key, find_key, list_keys, own_key, revoke_key};
pub use client_credentials::{Granted, Refusal, grant};
pub use directory::{find, find_by_username, list};
pub use email::{request_email_verification, verify_email};
pub use identify::{authenticate, authenticate_cookie, renew, renew_viewer};
pub use identities::{linked_identities, unlink_identity};
pub use last_use::write_last_uses;
pub use oidc::{Arrival, Beginning, TICKET_TTL, begin_sign_in, end_sign_in};
pub use profile::{change_password, delete_account, update_profile};
pub use refresh::refresh;
pub use register::register;
pub use reset::{request_password_reset, reset_password};
pub use sessions::{find_own, list_own, login, logout, logout_everywhere, revoke_session};
pub use watching::session_ended;

use super::tokens::{self, Access, Random};
use super::{RefreshToken, Session, User};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::error::{Error, OnConstraint, Result, UserErrorCode};
use crate::id::UserId;
use crate::viewer::{Client, Role};

/// What a new account needs.
#[derive(Clone)]
pub struct Registration {
    /// The name that is unique on the server.
    pub username: String,
    /// Where mail reaches the person.
    pub email: String,
    /// The password, as typed.
    pub password: String,
    /// The name that people read; the username where it is missing.
    pub display_name: Option<String>,
}

/// What somebody wants changed about an account; `None` leaves it as it is.
#[derive(Clone, Default)]
pub struct AccountChanges {
    /// A new username.
    pub username: Option<String>,
    /// A new name for people.
    pub display_name: Option<String>,
    /// A new biography; an empty one clears it.
    pub bio: Option<String>,
    /// The id of one of the user's pictures; an empty one takes the avatar away.
    pub avatar: Option<String>,
    /// A new address, which is not verified then.
    pub email: Option<String>,
    /// A new role; administrators alone.
    pub role: Option<Role>,
    /// A new password, which ends the account's sessions; administrators alone.
    pub password: Option<String>,
}

/// Somebody who has just signed in, or refreshed their session.
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// On which device.
    pub session: Session,
    /// For requests.
    pub access: Access,
    /// For the next pair of tokens.
    pub refresh: String,
}

impl SignedIn {
    async fn new(
        app: &App,
        user: User,
        session: Session,
        refresh: String,
        now: Timestamp,
    ) -> Result<Self> {
        let access = tokens::access(app, user.id, session.id, now).await?;
        Ok(Self {
            user,
            session,
            access,
            refresh,
        })
    }
}

/// A session that begins now, with its first refresh token.
fn new_device(
    app: &App,
    user: UserId,
    client: &Client,
    now: Timestamp,
) -> Result<(Session, RefreshToken, String)> {
    let session = Session::start(user, client, now, now.plus(app.config.accounts.session_ttl));
    let Random { token, hash } = tokens::refresh()?;
    let stored = RefreshToken {
        hash,
        session_id: session.id,
        created_at: now,
        used_at: None,
    };
    Ok((session, stored, token))
}

/// Says at which argument a name or an address stands that somebody else has.
fn or_taken<T>(result: Result<T>) -> Result<T> {
    result
        .on_constraint("users_username_key", || {
            Error::user(
                UserErrorCode::Taken,
                ["input", "username"],
                "This username is taken.",
            )
        })
        .on_constraint("users_email_key", || {
            Error::user(
                UserErrorCode::Taken,
                ["input", "email"],
                "There is an account with this e-mail address already.",
            )
        })
}

/// Why the last administrator stays one.
fn last_administrator<const N: usize>(path: [&str; N]) -> Error {
    Error::user(
        UserErrorCode::Conflict,
        path,
        "This is the last administrator: make somebody else one first.",
    )
}

/// The account went away while its request was on the way.
fn gone() -> Error {
    Error::refused(
        crate::error::Code::Unauthenticated,
        "This account no longer exists.",
    )
}

/// Tells the open streams of a user to look again whether they may go on; they listen to the user's id.
fn wake_streams(app: &App, user: UserId) {
    app.events.wake(user.0);
}
