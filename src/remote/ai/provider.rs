//! One configured provider: its client, its breaker, how many may ask it at once, and what it says of itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::echo::Echo;
use super::openai::OpenAi;
use super::{AiClient, Model};
use crate::config::{self, AiKind, AiProvider};
use crate::remote::breaker::Breaker;

/// So many failures in a row keep a provider from being asked for so long.
const FAILURES: u32 = 5;
const REST: Duration = Duration::from_secs(15);
/// How long a list of models is waited for, and how long it is good.
const LIST: Duration = Duration::from_secs(5);
const LISTED: Duration = Duration::from_secs(300);
/// How long a finding about availability is good.
const KNOWN: Duration = Duration::from_secs(5);

/// One provider.
pub(super) struct Provider {
    pub config: AiProvider,
    pub client: Box<dyn AiClient>,
    pub breaker: Breaker,
    pub slots: Arc<Semaphore>,
    models: Mutex<Option<(Instant, Vec<Model>)>>,
    status: tokio::sync::Mutex<Option<(Instant, Status)>>,
}

/// How a provider is.
#[derive(Debug, Clone)]
pub struct Status {
    /// Its name.
    pub provider: String,
    /// The model that is asked unless a request names one.
    pub model: String,
    /// How long it took to say what models it has; `Err` where it did not.
    pub latency: std::result::Result<Duration, String>,
}

impl Provider {
    /// As it was configured.
    pub fn new(provider: &AiProvider, http: &reqwest::Client, config: &config::Ai) -> Self {
        let client: Box<dyn AiClient> = match (provider.kind, &provider.base_url) {
            (AiKind::Echo, _) | (_, None) => Box::new(Echo {
                pause: config.echo_pause,
            }),
            (_, Some(base)) => Box::new(OpenAi::new(http.clone(), provider.clone(), base.clone())),
        };
        Self {
            client,
            breaker: Breaker::new(FAILURES, REST),
            slots: Arc::new(Semaphore::new(provider.concurrency as usize)),
            models: Mutex::default(),
            status: tokio::sync::Mutex::default(),
            config: provider.clone(),
        }
    }

    /// The models that it lists, or its default where it lists none.
    pub async fn models(&self) -> Vec<Model> {
        let known = || self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, models)) = known().as_ref()
            && at.elapsed() < LISTED
        {
            return models.clone();
        }
        let listed = tokio::time::timeout(LIST, self.client.models()).await;
        if let Ok(Ok(models)) = listed
            && !models.is_empty()
        {
            *known() = Some((Instant::now(), models.clone()));
            return models;
        }
        vec![Model {
            name: self.config.model.clone(),
            owned_by: None,
            context_window: None,
        }]
    }

    /// How it is; asked once for everybody who wants to know at the same time.
    pub async fn status(&self) -> Status {
        let mut known = self.status.lock().await;
        if let Some((at, status)) = known.as_ref()
            && at.elapsed() < KNOWN
        {
            return status.clone();
        }
        let began = Instant::now();
        let listed = tokio::time::timeout(LIST, self.client.models()).await;
        let status = Status {
            provider: self.config.name.clone(),
            model: self.config.model.clone(),
            latency: match listed {
                Ok(Ok(_)) => Ok(began.elapsed()),
                Ok(Err(failure)) => Err(failure.message),
                Err(_) => Err("The AI provider took too long.".to_owned()),
            },
        };
        *known = Some((Instant::now(), status.clone()));
        status
    }
}
