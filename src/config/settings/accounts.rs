//! Accounts and their sessions.

use std::time::Duration;

use crate::config::values::{SameSite, days, flag, parsed, seconds, whole};

/// Users, their sessions and their passwords.
#[derive(Clone, Debug, confique::Config)]
pub struct Accounts {
    /// Lets anyone register. Without it, administrators are made on the command line.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_REGISTRATION", default = true, deserialize_with = flag)]
    pub registration: bool,
    /// How many seconds an access token is good for.
    ///
    /// Accepted: a whole number from 1 to 86400
    #[config(env = "PLUMA_ACCESS_TTL_SECONDS", default = 900, deserialize_with = seconds::<1, 86_400, _>)]
    pub access_ttl: Duration,
    /// How many days a session lives after its last refresh.
    ///
    /// Accepted: a whole number from 1 to 365
    #[config(env = "PLUMA_SESSION_TTL_DAYS", default = 30, deserialize_with = days::<1, 365, _>)]
    pub session_ttl: Duration,
    /// The `SameSite` attribute of the session's cookies.
    ///
    /// Accepted: lax, strict
    #[config(env = "PLUMA_COOKIE_SAME_SITE", default = "lax", deserialize_with = parsed)]
    pub cookie_same_site: SameSite,
    /// How many passwords are hashed at once; each takes a processor and 19 MiB for a moment.
    ///
    /// Accepted: a whole number from 1 to 64
    #[config(env = "PLUMA_PASSWORD_HASHES", default = 2, deserialize_with = whole::<1, 64, _, _>)]
    pub password_hashes: usize,
    /// How many wrong passwords an account takes in 15 minutes from devices that it does not know. A device that has signed in before has as many of its own, so that nobody locks the owner out.
    ///
    /// Accepted: a whole number from 1 to 10000
    #[config(env = "PLUMA_LOGIN_ATTEMPTS", default = 10, deserialize_with = whole::<1, 10_000, _, _>)]
    pub login_attempts: u32,
    /// How many wrong passwords one address may send in 15 minutes, over all accounts.
    ///
    /// Accepted: a whole number from 1 to 100000
    #[config(env = "PLUMA_LOGIN_ADDRESS_ATTEMPTS", default = 30, deserialize_with = whole::<1, 100_000, _, _>)]
    pub login_address_attempts: u32,
}
