//! The linguistics service of the network.

use std::time::Duration;

use confique::serde::de::{Deserialize, Deserializer, Error};
use secrecy::SecretString;
use url::Url;

use crate::config::values::seconds;

/// A service that says how texts speak of things; without one the program does it itself.
#[derive(Clone, Debug, confique::Config)]
pub struct Linguistics {
    /// The service's address. It is asked with GET, `?key=…&sentence=…`, and answers `{"key", "sentiment"}`, where `sentiment` is a number from −1 to 1 or one of `positive`, `neutral` and `negative`.
    ///
    /// Accepted: `http://` or `https://`, a host, and perhaps a port and a path
    /// Default: none, and the built-in engine answers for English, Portuguese and Spanish
    /// Example: "http://linguistics.internal:5000/sentiment"
    #[config(env = "LINGUISTICS_URL", deserialize_with = service)]
    pub url: Option<Url>,
    /// The `key` that the service is asked with.
    ///
    /// Accepted: any text
    /// Default: another random key for each request
    /// Example: "replace-with-the-key-of-the-service"
    #[config(env = "LINGUISTICS_KEY", deserialize_with = key)]
    pub key: Option<SecretString>,
    /// How many seconds one request to the service may take; it is tried three times, all of them together in four fifths of PLUMA_REQUEST_TIMEOUT_SECONDS.
    ///
    /// Accepted: a whole number from 1 to 30
    #[config(env = "LINGUISTICS_TIMEOUT_SECONDS", default = 2, deserialize_with = seconds::<1, 30, _>)]
    pub timeout: Duration,
}

pub(super) fn service<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let url = Url::parse(&String::deserialize(from)?).map_err(|_| D::Error::custom("is no URL"))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(D::Error::custom(
            "does not begin with http:// or https:// and a host",
        ))
    }
}

fn key<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    match String::deserialize(from)? {
        key if key.is_empty() => Err(D::Error::custom("is empty")),
        key => Ok(key.into()),
    }
}
