//! Who asks: the person or program behind a request, as every rule wants to know it.

use std::net::IpAddr;

use async_graphql::Enum;

use crate::error::{Code, Error, Result};
use crate::id::{SessionId, UserId};

/// What an account may do on the whole server.
#[derive(
    Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Role {
    /// Writes and reads.
    User,
    /// Manages accounts and sees everything.
    Admin,
}
crate::db::types::text_enum!(Role { User = "USER", Admin = "ADMIN" });

/// The signed-in account behind a request.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The account.
    pub user_id: UserId,
    /// Its name now, for the log.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// The session that the request belongs to.
    pub session_id: SessionId,
}

/// Where a request comes from; written to the log with what it changes.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The peer's address, or what trusted proxies say it is.
    pub ip: Option<IpAddr>,
    /// What the client calls itself, cut at 300 characters.
    pub user_agent: Option<String>,
    /// The id of the request, as in `X-Request-ID`.
    pub request_id: Option<String>,
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// Nobody where the request is anonymous.
    pub identity: Option<Identity>,
    /// Where it comes from.
    pub client: Client,
}

impl Viewer {
    /// The account's id, if there is one.
    pub fn id(&self) -> Option<UserId> {
        self.identity.as_ref().map(|identity| identity.user_id)
    }

    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        self.identity.is_none()
    }

    /// Whether the viewer is an administrator.
    pub fn is_admin(&self) -> bool {
        self.identity
            .as_ref()
            .is_some_and(|identity| identity.role == Role::Admin)
    }

    /// The account, or UNAUTHENTICATED.
    pub fn require(&self) -> Result<&Identity> {
        self.identity.as_ref().ok_or_else(Error::unauthenticated)
    }

    /// The account of an administrator, or FORBIDDEN.
    pub fn require_admin(&self) -> Result<&Identity> {
        let identity = self.require()?;
        if identity.role == Role::Admin {
            Ok(identity)
        } else {
            Err(Error::refused(
                Code::Forbidden,
                "Only administrators may do this.",
            ))
        }
    }
}
