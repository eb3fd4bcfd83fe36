//! Who asks: the person or program behind a request, as every rule wants to know it.

mod scope;

use std::net::{IpAddr, Ipv6Addr};

use async_graphql::Enum;

use crate::db::types::Timestamp;
use crate::error::{Code, Error, Result};
use crate::id::{ApiKeyId, SessionId, UserId};

pub use scope::{Scope, Scopes};

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

/// What a request shows to prove whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A person, signed in on a device.
    Session(SessionId),
    /// A program, with an API key or a token that it got for one.
    Key(KeyUse),
}

/// An API key at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Which key.
    pub id: ApiKeyId,
    /// Its first characters, for the log.
    pub prefix: String,
    /// What it may be used for: the key's scopes, or fewer where its token was given out for fewer.
    pub scopes: Scopes,
    /// When the token that stands for the key ends; `None` for the key itself.
    pub until: Option<Timestamp>,
}

/// The account behind a request.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The account.
    pub user_id: UserId,
    /// Its name now, for the log.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// What shows it.
    pub credential: Credential,
}

impl Identity {
    /// The API key, where it is one that asks.
    pub fn key(&self) -> Option<&KeyUse> {
        match &self.credential {
            Credential::Session(_) => None,
            Credential::Key(key) => Some(key),
        }
    }

    /// What may be done in the account's name: a person may do everything of theirs, a key what its scopes allow.
    pub fn scopes(&self) -> Scopes {
        let scopes = match &self.credential {
            Credential::Session(_) => Scopes::of(Scope::ALL),
            Credential::Key(key) => key.scopes,
        };
        match self.role {
            Role::Admin => scopes,
            Role::User => scopes.without(Scope::Admin),
        }
    }
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

/// What is left of a viewer's budget once a request was charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What is there when nothing was spent.
    pub limit: u32,
    /// What is left.
    pub remaining: u32,
    /// When nothing is missing any more.
    pub reset_at: Timestamp,
    /// What the request was charged.
    pub cost: u32,
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// Nobody where the request is anonymous.
    pub identity: Option<Identity>,
    /// Where it comes from.
    pub client: Client,
    /// What is left of their budget; `None` where nothing was counted.
    pub budget: Option<Budget>,
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

    /// What the viewer may do; strangers may read what is public.
    pub fn scopes(&self) -> Scopes {
        match &self.identity {
            Some(identity) => identity.scopes(),
            None => Scopes::of([Scope::Read]),
        }
    }

    /// Whether the viewer has an administrator's rights: a key has them with the scope ADMIN alone.
    pub fn is_admin(&self) -> bool {
        self.scopes().has(Scope::Admin)
    }

    /// The account, or UNAUTHENTICATED.
    pub fn require(&self) -> Result<&Identity> {
        self.identity.as_ref().ok_or_else(Error::unauthenticated)
    }

    /// The account and the session of a person who is signed in; FORBIDDEN for API keys.
    pub fn require_session(&self) -> Result<(&Identity, SessionId)> {
        let identity = self.require()?;
        match identity.credential {
            Credential::Session(session) => Ok((identity, session)),
            Credential::Key(_) => Err(Error::refused(
                Code::Forbidden,
                "No API key may do this, whatever its scopes: sign in as a person.",
            )),
        }
    }

    /// The account of an administrator, or FORBIDDEN.
    pub fn require_admin(&self) -> Result<&Identity> {
        let identity = self.require()?;
        if self.is_admin() {
            return Ok(identity);
        }
        Err(Error::refused(
            Code::Forbidden,
            match identity.role {
                Role::Admin => {
                    "Only administrators may do this, and an API key with the scope ADMIN."
                }
                Role::User => "Only administrators may do this.",
            },
        ))
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
