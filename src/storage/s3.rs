//! S3 and what speaks its protocol.

use std::time::Duration;

use axum::http::{HeaderValue, Method, header};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use secrecy::ExposeSecret;
use url::Url;

use crate::config;
use crate::error::{Error, Result};

/// How often a request is repeated where the store says that this may help, and after which pauses.
const RETRIES: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// An address that takes one object.
#[derive(Debug, Clone)]
pub struct Presigned {
    /// The address.
    pub url: String,
    /// What a client has to send with it.
    pub headers: Vec<(&'static str, String)>,
}

/// The configured store at one of its addresses.
pub fn store(config: &config::Storage, bucket: &str, endpoint: Option<&Url>) -> Result<AmazonS3> {
    let client = ClientOptions::new()
        .with_connect_timeout(config.timeout)
        .with_timeout_disabled()
        .with_read_timeout(config.timeout)
        .with_allow_http(config.allow_http);
    let retry = RetryConfig {
        max_retries: RETRIES,
        retry_timeout: config.timeout,
        backoff: BackoffConfig {
            init_backoff: FIRST_PAUSE,
            max_backoff: LONGEST_PAUSE,
            ..BackoffConfig::default()
        },
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&config.region)
        .with_virtual_hosted_style_request(!config.path_style)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(address(endpoint, bucket, config.path_style));
    }
    if let (Some(id), Some(secret)) = (&config.access_key, &config.secret_key) {
        builder = builder
            .with_access_key_id(id)
            .with_secret_access_key(secret.expose_secret());
    }
    builder.build().map_err(Error::caused_by)
}

/// The crate wants the bucket's host in the address where the bucket stands there.
fn address(endpoint: &Url, bucket: &str, path_style: bool) -> String {
    let address = endpoint.as_str().trim_end_matches('/');
    match address.split_once("://") {
        Some((scheme, host)) if !path_style => format!("{scheme}://{bucket}.{host}"),
        _ => address.to_owned(),
    }
}

/// Signs the type too, so that the store itself refuses another one. The size cannot be signed with this crate: who
/// gives such an address looks at what came.
pub async fn presign_put(
    signer: &AmazonS3,
    path: &Path,
    content_type: &str,
    ttl: Duration,
) -> object_store::Result<Presigned> {
    let value = |text: &str| {
        HeaderValue::from_str(text).map_err(|cause| object_store::Error::Generic {
            store: "S3",
            source: Box::new(cause),
        })
    };
    let options =
        SignedUrlOptions::new().with_signed_header(header::CONTENT_TYPE, value(content_type)?);
    let url = signer
        .signed_url_opts(Method::PUT, path, ttl, &options)
        .await?;
    Ok(Presigned {
        url: url.to_string(),
        headers: vec![("Content-Type", content_type.to_owned())],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_stands_in_the_path_or_in_front_of_the_host() {
        let endpoint = Url::parse("https://minio.internal:9000").unwrap();
        let plain = address(&endpoint, "pluma", true);
        assert_eq!(plain, "https://minio.internal:9000");
        let virtual_host = address(&endpoint, "pluma", false);
        assert_eq!(virtual_host, "https://pluma.minio.internal:9000");
    }
}
