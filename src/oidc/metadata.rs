//! What a provider publishes about itself, kept for an hour and read again when it signs with a new key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::IssuerUrl;
use openidconnect::core::CoreProviderMetadata;
use tokio::sync::Mutex;

use super::Failure;
use super::http::Client;

/// How long it is believed without looking again.
const FRESH: Duration = Duration::from_secs(3600);
/// Unknown keys make it look again, but no more often: anybody can show a token with an unknown key.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How long a provider that did not answer is left alone.
const REST: Duration = Duration::from_secs(5);

/// The provider's endpoints and keys.
pub struct Metadata {
    issuer: IssuerUrl,
    http: Client,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    found: Option<(Arc<CoreProviderMetadata>, Instant)>,
    failed: Option<Instant>,
}

impl Metadata {
    /// What the provider at `issuer` publishes; nothing is asked yet.
    pub fn new(issuer: IssuerUrl, http: Client) -> Self {
        Self {
            issuer,
            http,
            known: Mutex::default(),
        }
    }

    /// The provider's own address.
    pub fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// What is known, at most an hour old.
    pub async fn read(&self) -> Result<Arc<CoreProviderMetadata>, Failure> {
        self.read_since(FRESH).await
    }

    /// What is known, read again unless that was done a moment ago.
    pub async fn read_anew(&self) -> Result<Arc<CoreProviderMetadata>, Failure> {
        self.read_since(LOOK_AGAIN).await
    }

    async fn read_since(&self, age: Duration) -> Result<Arc<CoreProviderMetadata>, Failure> {
        // Held while the provider answers, so that it is asked once; the client's time limit bounds that.
        let mut known = self.known.lock().await;
        let found = known.found.clone();
        if let Some((found, at)) = &found
            && at.elapsed() < age
        {
            return Ok(Arc::clone(found));
        }
        let stale = found.map(|(found, _)| found);
        if known.failed.is_some_and(|at| at.elapsed() < REST) {
            let down = || Failure::Down("it did not answer a moment ago".to_owned());
            return stale.ok_or_else(down);
        }
        let issuer = self.issuer.clone();
        match CoreProviderMetadata::discover_async(issuer, &self.http).await {
            Ok(found) => {
                let found = Arc::new(found);
                known.found = Some((Arc::clone(&found), Instant::now()));
                known.failed = None;
                Ok(found)
            }
            Err(error) => {
                known.failed = Some(Instant::now());
                let error = super::provider::chain(&error);
                tracing::warn!(issuer = %self.issuer.as_str(), error, "discovery failed");
                stale.ok_or(Failure::Down(error))
            }
        }
    }
}
