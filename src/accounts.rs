//! Accounts: who writes and reads here, the devices they are signed in on, and the tokens of those.

pub mod api_key;
pub mod cookies;
pub mod devices;
pub mod email;
pub mod graphql;
pub mod jobs;
pub mod letters;
pub mod loaders;
mod mailing;
pub mod names;
pub mod oidc;
pub mod passwords;
pub mod service;
pub mod tokens;
mod wording;

use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use crate::db::types::Timestamp;
use crate::id::{ImageId, SessionId, UserId};
use crate::viewer::{Client, Credential, Identity, Role, Viewer};

pub use service::{authenticate, authenticate_cookie, renew, renew_viewer, session_ended};

/// An account, without its password.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::users)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The name that is unique on the server.
    pub username: String,
    /// [`crate::validate::fold`] of the username.
    pub username_key: String,
    /// The name that people read.
    pub display_name: String,
    /// [`crate::validate::fold`] of the display name.
    pub display_name_key: String,
    /// Where mail reaches the person.
    pub email: String,
    /// [`crate::validate::fold`] of the e-mail address.
    pub email_key: String,
    /// When the address was shown to be the person's.
    pub email_verified_at: Option<Timestamp>,
    /// What they say about themself.
    pub bio: Option<String>,
    /// What they may do.
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account last changed.
    pub updated_at: Timestamp,
    /// The picture that shows who they are.
    pub avatar_id: Option<ImageId>,
}

impl User {
    /// This user at work on the device of `session_id`, as the log wants to know it.
    pub fn acting(&self, session_id: SessionId, client: Client) -> Viewer {
        Viewer {
            identity: Some(Identity {
                user_id: self.id,
                username: self.username.clone(),
                role: self.role,
                credential: Credential::Session(session_id),
            }),
            client,
            budget: None,
        }
    }
}

/// What of an account changes; `None` leaves it as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = crate::db::schema::users)]
pub struct UserChanges {
    /// A new name.
    pub username: Option<String>,
    /// Its key.
    pub username_key: Option<String>,
    /// A new name for people.
    pub display_name: Option<String>,
    /// Its key.
    pub display_name_key: Option<String>,
    /// A new address.
    pub email: Option<String>,
    /// Its key.
    pub email_key: Option<String>,
    /// `Some(None)` where the new address is yet to be verified.
    pub email_verified_at: Option<Option<Timestamp>>,
    /// `Some(None)` clears it.
    pub bio: Option<Option<String>>,
    /// A new role.
    pub role: Option<Role>,
    /// When this happens.
    pub updated_at: Option<Timestamp>,
    /// `Some(None)` clears it.
    pub avatar_id: Option<Option<ImageId>>,
}

/// Which accounts a list holds.
#[derive(Debug, Clone, Default)]
pub struct UserSearch {
    /// The folded beginning of the username or the display name.
    pub prefix: Option<String>,
    /// Accounts of this role alone.
    pub role: Option<Role>,
}

/// A signed-in device: one refresh-token family.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::sessions)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_seen_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// The address that it was last used from.
    pub ip: Option<String>,
    /// What the client called itself then.
    pub user_agent: Option<String>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

impl Session {
    /// A new session of `user_id`, good until `expires_at`.
    pub fn start(user_id: UserId, client: &Client, now: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            id: SessionId::new(),
            user_id,
            created_at: now,
            last_seen_at: now,
            expires_at,
            ip: client.ip.map(|ip| ip.to_string()),
            user_agent: client.user_agent.clone(),
            revoked_at: None,
        }
    }

    /// Whether it can still be refreshed.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// What is looked up of a live session for each request: whose it is and as what, and what is known of its
/// last use.
#[derive(Debug, Clone, Queryable)]
pub struct LiveSession {
    /// The account's name now.
    pub username: String,
    /// Its role now.
    pub role: Role,
    /// When it was last used, give or take a minute.
    pub last_seen_at: Timestamp,
    /// From where.
    pub ip: Option<String>,
}

/// A refresh token as the database keeps it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::refresh_tokens)]
pub struct RefreshToken {
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// The family it belongs to.
    pub session_id: SessionId,
    /// When it was given out.
    pub created_at: Timestamp,
    /// When it was exchanged for the next one.
    pub used_at: Option<Timestamp>,
}

/// An exchange of a refresh token for the next one.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The hash of the token that the client shows.
    pub shown: Vec<u8>,
    /// The hash of the one it will get.
    pub next: Vec<u8>,
    /// When.
    pub now: Timestamp,
    /// A token that was used before this moment was stolen, or its successor was.
    pub reusable_since: Timestamp,
    /// How long the session lives from here.
    pub expires_at: Timestamp,
    /// Tokens that were used before this moment are forgotten.
    pub forget_before: Timestamp,
    /// Where the request comes from, for the log.
    pub client: Client,
}

/// How a [`Rotation`] went.
#[derive(Debug, Clone)]
pub enum Rotated {
    /// The next token is stored.
    Fresh(Box<(User, Session)>),
    /// The token was used too long ago: its whole family has ended.
    Reused(UserId),
    /// The session has ended or was ended.
    Ended,
    /// No such token was ever given out.
    Unknown,
}
