//! Signing in with accounts of OpenID Connect providers.

use std::time::Duration;

use crate::config::oidc_values::{OidcProvider, providers};
use crate::config::values::{seconds, text};

/// Signing in with accounts of OpenID Connect providers.
#[derive(Clone, Debug, confique::Config)]
pub struct Oidc {
    /// The providers by name. The name is part of two addresses of this server: `/auth/NAME/login`, to which a button leads, and `/auth/NAME/callback`, which the provider has to know as redirect URI.
    ///
    /// Accepted: in the file a table for each, `[oidc.providers.NAME]`, with `issuer`, `client_id`, `client_secret` or `client_secret_file` (both may be missing for a public client), and, if the defaults do not do, `scopes` (`["email", "profile"]`) and `label` (the name); in the variable the same as one JSON object. A name consists of up to 32 lower-case letters, digits and `-`; an issuer is `https://`, or `http://` for this machine
    /// Default: none
    /// Example: { google = { issuer = "https://accounts.google.com", client_id = "…", client_secret = "…", label = "Google" } }
    #[config(env = "PLUMA_OIDC_PROVIDERS", deserialize_with = providers)]
    pub providers: Option<Vec<OidcProvider>>,
    /// Where browsers go after signing in, unless the front end says otherwise with `?returnTo=`.
    ///
    /// Accepted: a path of this server, or an address of one of the origins in PLUMA_CORS_ORIGINS
    #[config(env = "PLUMA_OIDC_RETURN_TO", default = "/", deserialize_with = text)]
    pub return_to: String,
    /// How many seconds one answer of a provider is waited for.
    ///
    /// Accepted: a whole number from 1 to 60
    #[config(env = "PLUMA_OIDC_TIMEOUT_SECONDS", default = 10, deserialize_with = seconds::<1, 60, _>)]
    pub timeout: Duration,
}
