//! The object store.

use std::path::PathBuf;
use std::time::Duration;

use confique::serde::de::{Deserializer, Error};
use secrecy::SecretString;
use url::Url;

use crate::config::values::{directory, flag, seconds, text};

/// Where files are kept: pictures, and whatever else is too large for the database.
#[derive(Clone, Debug, confique::Config)]
pub struct Storage {
    /// The directory of the files, where no bucket is configured.
    ///
    /// Accepted: a path; a relative one starts at the working directory
    /// Default: `objects` in the data directory
    /// Example: "/var/lib/pluma/objects"
    #[config(env = "PLUMA_STORAGE_DIRECTORY", deserialize_with = directory)]
    pub directory: PathBuf,
    /// The bucket of an S3-compatible store, which must exist. Replicas need one, as they share no directory.
    ///
    /// Accepted: 3 to 63 lower-case letters, digits, `-` and `.`
    /// Default: none, and files are kept in a local directory
    /// Example: "pluma"
    #[config(env = "PLUMA_STORAGE_BUCKET", deserialize_with = bucket)]
    pub bucket: Option<String>,
    /// The store's address, without the bucket.
    ///
    /// Accepted: `https://HOST` or, with PLUMA_STORAGE_ALLOW_HTTP, `http://HOST`; perhaps with a port
    /// Default: Amazon S3 in the region
    /// Example: "https://minio.internal:9000"
    #[config(env = "PLUMA_STORAGE_ENDPOINT", deserialize_with = endpoint)]
    pub endpoint: Option<Url>,
    /// The address at which browsers reach the same store, for uploads that go straight to it.
    ///
    /// Accepted: as for PLUMA_STORAGE_ENDPOINT
    /// Default: PLUMA_STORAGE_ENDPOINT
    /// Example: "https://files.example.org"
    #[config(env = "PLUMA_STORAGE_PUBLIC_ENDPOINT", deserialize_with = endpoint)]
    pub public_endpoint: Option<Url>,
    /// The bucket's region, which signatures name. MinIO's is `us-east-1` unless it was told otherwise.
    ///
    /// Accepted: any text
    #[config(env = "PLUMA_STORAGE_REGION", default = "us-east-1", deserialize_with = text)]
    pub region: String,
    /// The id of the access key; MinIO calls it the user.
    ///
    /// Accepted: any text
    /// Default: none, and the machine's role at Amazon is asked
    /// Example: "pluma"
    #[config(env = "PLUMA_STORAGE_ACCESS_KEY", deserialize_with = filled)]
    pub access_key: Option<String>,
    /// The secret of the access key; MinIO calls it the password.
    ///
    /// Accepted: any text
    /// Default: none
    /// Example: "replace-with-the-secret-of-the-access-key"
    #[config(env = "PLUMA_STORAGE_SECRET_KEY", deserialize_with = secret_key)]
    pub secret_key: Option<SecretString>,
    /// The bucket stands in the path of the store's addresses, as MinIO wants it; otherwise in front of the host.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_STORAGE_PATH_STYLE", default = true, deserialize_with = flag)]
    pub path_style: bool,
    /// The store may be reached without TLS. Whoever can read along reads what is kept there.
    ///
    /// Accepted: true, false
    #[config(env = "PLUMA_STORAGE_ALLOW_HTTP", default = false, deserialize_with = flag)]
    pub allow_http: bool,
    /// How many seconds one request to the store may take, its repetitions included; for a download, how long it may stand still.
    ///
    /// Accepted: a whole number from 1 to 300
    #[config(env = "PLUMA_STORAGE_TIMEOUT_SECONDS", default = 10, deserialize_with = seconds::<1, 300, _>)]
    pub timeout: Duration,
}

impl Storage {
    /// What does not fit together: the variable, and what is wrong with it.
    pub(in crate::config) fn problem(
        bucket: bool,
        endpoints: &[(&'static str, Option<&Url>)],
        keys: (bool, bool),
        allow_http: bool,
    ) -> Option<(&'static str, &'static str)> {
        for (variable, endpoint) in endpoints {
            let Some(endpoint) = endpoint else { continue };
            if !bucket {
                return Some((variable, "has no use without PLUMA_STORAGE_BUCKET"));
            }
            if endpoint.scheme() == "http" && !allow_http {
                let what = "is not encrypted, and PLUMA_STORAGE_ALLOW_HTTP does not allow that";
                return Some((variable, what));
            }
        }
        match keys {
            (true, false) => Some((
                "PLUMA_STORAGE_SECRET_KEY",
                "is missing beside PLUMA_STORAGE_ACCESS_KEY",
            )),
            (false, true) => Some((
                "PLUMA_STORAGE_ACCESS_KEY",
                "is missing beside PLUMA_STORAGE_SECRET_KEY",
            )),
            _ => None,
        }
    }
}

fn endpoint<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let url = Url::parse(text(from)?.trim()).map_err(|_| D::Error::custom("is no URL"))?;
    let problem = match () {
        () if !["http", "https"].contains(&url.scheme()) => "is neither http:// nor https://",
        () if !url.has_host() => "has no host",
        () if !url.username().is_empty() || url.password().is_some() => {
            "holds a user name or a password"
        }
        () if url.path() != "/" || url.query().is_some() || url.fragment().is_some() => {
            "has more than a host and a port"
        }
        () => return Ok(url),
    };
    Err(D::Error::custom(problem))
}

fn bucket<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = text(from)?;
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    if (3..=63).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(D::Error::custom("is no name of a bucket"))
    }
}

fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match text(from)? {
        text if text.is_empty() => Err(D::Error::custom("is empty")),
        text => Ok(text),
    }
}

fn secret_key<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    filled(from).map(Into::into)
}
