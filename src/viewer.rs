//! Who asks: the person or program behind a request, as every rule wants to know it.

use std::net::{IpAddr, Ipv6Addr};

use async_graphql::Enum;

use crate::db::types::Timestamp;
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
    /// What is left to spend; `None` where nothing is counted.
    pub budget: Option<Budget>,
}

/// What a viewer may still ask for, as it was when the operation began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What there is at most, in cost.
    pub limit: u32,
    /// What is left, the operation's estimate taken.
    pub remaining: u32,
    /// When it is full again.
    pub reset_at: Timestamp,
    /// The operation's estimate.
    pub cost: u32,
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

/// An address as budgets know it: of IPv6 the network of 64 bits, which is what one subscriber gets.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_s_addresses_share_a_budget() {
        let at = |text: &str| network(text.parse().unwrap());
        assert_eq!(at("2001:db8:1:2:3::4"), at("2001:db8:1:2::ffff"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
