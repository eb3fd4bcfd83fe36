//! Accounts elsewhere that sign in here: the identities, the sign-in on its way, and why one is refused.

use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};

use crate::db::types::Timestamp;
use crate::id::{IdentityId, SessionId, UserId};

/// An account at a provider, and whose account here it signs in to.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::identities)]
pub struct LinkedIdentity {
    /// Its id.
    pub id: IdentityId,
    /// Whose it is.
    pub user_id: UserId,
    /// The provider's name in the configuration when it was linked.
    pub provider: String,
    /// The provider's own address.
    pub issuer: String,
    /// What the provider calls the person.
    pub subject: String,
    /// The address that the provider told when it was linked.
    pub email: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_used_at: Timestamp,
}

/// A sign-in on its way, which the browser keeps sealed: nobody reads or makes one but this server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// The provider that was asked.
    pub provider: String,
    /// What must come back.
    pub state: String,
    /// What must stand in the token.
    pub nonce: String,
    /// What proves to the provider that this server asked.
    pub verifier: String,
    /// Where the browser goes afterwards.
    pub return_to: String,
    /// Whom the identity is to be linked to, where somebody who is signed in asked for that.
    pub link: Option<(UserId, SessionId)>,
    /// Until when it may come back.
    pub expires_at: Timestamp,
}

/// What the provider's answer brought.
#[derive(Debug, Default, Deserialize)]
pub struct Callback {
    /// To be redeemed for tokens.
    pub code: Option<String>,
    /// That of the question.
    pub state: Option<String>,
    /// What the provider says instead of a code.
    pub error: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
}

/// Why somebody is not signed in by their provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No provider of that name is configured.
    UnknownProvider,
    /// `returnTo` leads to somebody else's site.
    ForeignReturn,
    /// This browser has not begun it, or too long ago, or another one since.
    NotBegun,
    /// The answer has been used.
    Spent,
    /// The person said no, or the provider did.
    Declined,
    /// The provider cannot be reached.
    ProviderDown,
    /// What the provider says cannot be believed.
    NotBelieved,
    /// The provider tells no address, or none that can be one.
    NoAddress,
    /// There is an account with the address, and the provider has not verified it.
    UnverifiedThere,
    /// There is an account with the address, which has not verified it.
    UnverifiedHere,
    /// The server takes no registrations.
    NoRegistrations,
    /// The identity belongs to another account.
    LinkedElsewhere,
    /// Whoever asked for the link has signed out meanwhile.
    SignedOut,
}

impl Reason {
    /// What the log calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownProvider => "UNKNOWN_PROVIDER",
            Self::ForeignReturn => "FOREIGN_RETURN",
            Self::NotBegun => "NOT_BEGUN",
            Self::Spent => "SPENT",
            Self::Declined => "DECLINED",
            Self::ProviderDown => "PROVIDER_DOWN",
            Self::NotBelieved => "NOT_BELIEVED",
            Self::NoAddress => "NO_ADDRESS",
            Self::UnverifiedThere => "UNVERIFIED_THERE",
            Self::UnverifiedHere => "UNVERIFIED_HERE",
            Self::NoRegistrations => "NO_REGISTRATIONS",
            Self::LinkedElsewhere => "LINKED_ELSEWHERE",
            Self::SignedOut => "SIGNED_OUT",
        }
    }

    /// What the person can do.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::UnknownProvider => "There is no such way to sign in here.",
            Self::ForeignReturn => "The page to return to is none of this site's.",
            Self::NotBegun => {
                "This sign-in was not begun in this browser, or too long ago, or another one was begun \
                 since. Begin again."
            }
            Self::Spent => "This sign-in has been completed already. Begin again if you need to.",
            Self::Declined => "The other site did not sign you in.",
            Self::ProviderDown => "The other site does not answer at the moment. Try again later.",
            Self::NotBelieved => "What the other site answered cannot be trusted. Begin again.",
            Self::NoAddress => {
                "The other site tells no e-mail address, which an account here needs. Allow it to, or \
                 register here with a password."
            }
            Self::UnverifiedThere => {
                "There is an account with your e-mail address here, and the other site has not verified \
                 that the address is yours. Sign in with your password, then link the other account."
            }
            Self::UnverifiedHere => {
                "There is an account with your e-mail address here that has not verified it. If it is \
                 yours, sign in with its password and verify the address, or reset the password by mail; \
                 then come back."
            }
            Self::NoRegistrations => {
                "There is no account for you here, and this site takes no registrations: ask an \
                 administrator for one."
            }
            Self::LinkedElsewhere => "That account signs in to another account here already.",
            Self::SignedOut => "You have been signed out meanwhile. Sign in and begin again.",
        }
    }
}
