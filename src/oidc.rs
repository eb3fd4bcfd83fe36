//! OpenID Connect: asking a provider who somebody is, by Authorization Code with PKCE.
//!
//! What the answer means for accounts is the accounts' business; here it is only made sure that the answer
//! is the provider's, for this server, and to this question.

mod http;
mod metadata;
mod provider;

use std::sync::Arc;

use crate::config::Config;
use crate::error::{Error, Result};
pub use provider::{Asked, Provider};

/// The configured providers; cheap to clone.
#[derive(Clone)]
pub struct Providers(Arc<Vec<Provider>>);

impl Providers {
    /// The providers of the configuration. None of them is asked for anything yet: one that is down does not
    /// keep the server from starting.
    pub fn new(config: &Config) -> Result<Self> {
        let configured = config.oidc.providers.iter().flatten();
        let client = http::client(config.oidc.timeout).map_err(Error::caused_by)?;
        let providers = configured.map(|provider| {
            let path = format!("/auth/{}/callback", provider.name);
            let callback = config.server.public_url.join(&path);
            let callback = callback.map_err(Error::caused_by)?;
            Provider::new(provider, callback, client.clone())
        });
        Ok(Self(Arc::new(providers.collect::<Result<_>>()?)))
    }

    /// All of them, by name.
    pub fn list(&self) -> &[Provider] {
        &self.0
    }

    /// The one of that name.
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.name() == name)
    }
}

/// Somebody, as their provider describes them.
#[derive(Debug, Clone)]
pub struct Person {
    /// The provider's own address, which with the subject names the person for good.
    pub issuer: String,
    /// What the provider calls the person.
    pub subject: String,
    /// Their address, if the provider tells.
    pub email: Option<String>,
    /// Whether the provider has made sure that the address is theirs.
    pub email_verified: bool,
    /// Names that they use, the likeliest username first.
    pub handles: Vec<String>,
    /// The name that people read.
    pub name: Option<String>,
}

/// Why a provider did not say who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It cannot be reached, or answers with something else; for the log.
    Down(String),
    /// It refuses the code, or what it says cannot be believed; for the log.
    Refused(String),
}
