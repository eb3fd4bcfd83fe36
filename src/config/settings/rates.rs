//! Budgets that refill: of cost, and of what guesses, mails or asks an AI.

use crate::config::values::whole;

/// How much may be asked for in a minute; a budget may be spent at once and refills evenly. 0 turns one off.
#[derive(Clone, Debug, confique::Config)]
pub struct Rates {
    /// What the operations of one viewer may cost in a minute.
    ///
    /// Accepted: a whole number from 0 to 1000000000
    #[config(env = "PLUMA_RATE_VIEWER", default = 60_000, deserialize_with = whole::<0, 1_000_000_000, _, _>)]
    pub viewer: u32,
    /// What the operations of all strangers at one address may cost in a minute. Addresses of IPv6 count by their network of 64 bits.
    ///
    /// Accepted: a whole number from 0 to 1000000000
    #[config(env = "PLUMA_RATE_STRANGER", default = 60_000, deserialize_with = whole::<0, 1_000_000_000, _, _>)]
    pub stranger: u32,
    /// What all operations from one address may cost in a minute, whoever asks. Requests that cannot be read, and credentials that are not good, cost 25 here.
    ///
    /// Accepted: a whole number from 0 to 1000000000
    #[config(env = "PLUMA_RATE_ADDRESS", default = 600_000, deserialize_with = whole::<0, 1_000_000_000, _, _>)]
    pub address: u32,
    /// How often one address may use `login`, `register`, `changePassword` and `deleteAccount` in a minute, aliases and batches counted.
    ///
    /// Accepted: a whole number from 0 to 1000000
    #[config(env = "PLUMA_RATE_SIGN_INS", default = 60, deserialize_with = whole::<0, 1_000_000, _, _>)]
    pub sign_ins: u32,
    /// How often one address may use `refreshSession` in a minute.
    ///
    /// Accepted: a whole number from 0 to 1000000
    #[config(env = "PLUMA_RATE_REFRESHES", default = 300, deserialize_with = whole::<0, 1_000_000, _, _>)]
    pub refreshes: u32,
    /// How often one address may ask for letters that verify an address or reset a password, or answer them, in a minute.
    ///
    /// Accepted: a whole number from 0 to 1000000
    #[config(env = "PLUMA_RATE_MAILS", default = 30, deserialize_with = whole::<0, 1_000_000, _, _>)]
    pub mails: u32,
    /// How many answers of an AI one viewer may ask for in a minute.
    ///
    /// Accepted: a whole number from 0 to 1000000
    #[config(env = "PLUMA_RATE_AI", default = 60, deserialize_with = whole::<0, 1_000_000, _, _>)]
    pub ai: u32,
}
