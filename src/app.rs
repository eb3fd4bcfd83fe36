//! `App`: every long-lived part of the server, built once from the configuration and passed everywhere.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::artefacts::Artefacts;
use crate::cache::Texts;
use crate::clock::{Clock, system_time};
use crate::config::Config;
use crate::db::types::Timestamp;
use crate::db::{Db, migrations};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::graphql::trusted::Trusted;
use crate::keyring::Keyring;
use crate::limiter::Limiter;
use crate::mail::Mailer;
use crate::oidc::Providers;
use crate::presence::Presence;
use crate::redis::Redis;
use crate::remote::ai::Providers as AiProviders;
use crate::remote::enricher::Enricher;
use crate::remote::legislative::Legislature;
use crate::remote::linguistics::Linguistics;
use crate::storage::Storage;
use crate::streams::Streams;
use crate::transcripts::Recorder;
use crate::uses::Uses;
use crate::workshop::Workshop;

/// The part of a request's time in which its answer has to be there: the rest is for telling it.
pub const ANSWERED: f32 = 0.9;
/// The part of a request's time in which a service has to say what it has to say for it: the answer goes on without.
const HELPED: f32 = 0.8;
/// How much rendered HTML is kept.
const HTML_CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// The server's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] gives access to.
pub struct Parts {
    /// What the server was told.
    pub config: Config,
    /// Time.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// What the replicas share beside the database, where one is configured.
    pub redis: Option<Redis>,
    /// Wake-up calls between writers and subscribers.
    pub events: Events,
    /// Who has which page open.
    pub presence: Presence,
    /// The open streams of those who are signed in.
    pub streams: Streams,
    /// Rendered pages by their revision.
    pub html: Texts,
    /// Budgets of requests and of attempts.
    pub limiter: Limiter,
    /// The service that says how texts speak of things, where one is configured.
    pub linguistics: Option<Linguistics>,
    /// Stores texts that grow while people watch.
    pub recorder: Recorder,
    /// Who answers for an AI.
    pub ai: AiProviders,
    /// The services that say more about what was recognised.
    pub enrichers: Arc<[Enricher]>,
    /// The service that bills are read from, and what it said lately.
    pub legislature: Legislature,
    /// Documents that are known beforehand.
    pub trusted: Trusted,
    /// Sends e-mail.
    pub mailer: Mailer,
    /// Files that are too large for the database.
    pub storage: Storage,
    /// Where pictures are decoded.
    pub pictures: Workshop,
    /// Where tables are read.
    pub tables: Workshop,
    /// Where models are trained and imported.
    pub training: Workshop,
    /// Where short forecasts are made.
    pub forecasts: Workshop,
    /// Models that were loaded from the store.
    pub artefacts: Artefacts,
    /// Who else may say who somebody is.
    pub oidc: Providers,
    /// Keys that sign access tokens.
    pub keyring: Keyring,
    /// Sessions and API keys whose last use is yet to be written.
    pub uses: Uses,
    /// How many passwords may be hashed at once: each takes 19 MiB and a core.
    pub password_hashes: Arc<Semaphore>,
    /// Cancelled when the server begins to stop.
    pub shutdown: CancellationToken,
    /// When this process was ready.
    pub started_at: Timestamp,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// When what a request waits for has to be there that begins now, and may spend this `share` of its time on it.
    pub fn due(&self, share: f32) -> Instant {
        Instant::now() + self.config.limits.request_timeout.mul_f32(share)
    }

    /// Opens everything. `migrate` applies missing migrations first; without it, missing ones are an error.
    pub async fn build(config: Config, migrate: bool) -> Result<Self> {
        let trusted = Trusted::load(&config.persisted)?;
        if migrate {
            migrations::run(&config.database).await?;
        } else {
            let pending = migrations::pending(&config.database).await?;
            if !pending.is_empty() {
                return Err(Error::internal(format!(
                    "the database lacks {} migration(s), the first is {}: run `pluma migrate`",
                    pending.len(),
                    pending.first().map_or("unknown", String::as_str)
                )));
            }
        }
        let clock = Clock::default();
        let db = Db::open(&config.database).await?;
        let issuer = config.server.public_url.to_string();
        let share = |share| config.limits.request_timeout.mul_f32(share);
        let (answered, helped) = (share(ANSWERED), share(HELPED));
        let enrichers = config.processing.enrichers.as_deref();
        let keyring = Keyring::load(&db, &clock, &config.secret, issuer).await?;
        let (events, redis) = Events::over(&config.redis).await;
        Ok(Self(Arc::new(Parts {
            password_hashes: Arc::new(Semaphore::new(config.accounts.password_hashes)),
            linguistics: Linguistics::new(&config.linguistics, helped)?,
            recorder: Recorder::start(db.clone(), events.clone()),
            ai: AiProviders::new(&config.ai, answered)?,
            enrichers: Enricher::all(enrichers.unwrap_or_default(), helped)?,
            legislature: Legislature::new(&config.legislation)?,
            uses: Uses::default(),
            presence: Presence::new(events.clone(), redis.clone()),
            limiter: Limiter::new(redis.clone(), &config.secret)?,
            html: Texts::new(HTML_CACHE_BYTES, redis.clone(), &config.secret)?,
            streams: Streams::default(),
            trusted,
            mailer: Mailer::new(&config)?,
            storage: Storage::open(&config.storage)?,
            pictures: Workshop::new(config.media.decoders),
            tables: Workshop::new(config.datasets.readers),
            training: Workshop::new(config.models.trainers),
            forecasts: Workshop::new(config.predictions.makers),
            artefacts: Artefacts::new(config.models.memory, config.models.bytes),
            oidc: Providers::new(&config)?,
            shutdown: CancellationToken::new(),
            started_at: Timestamp(system_time()),
            config,
            clock,
            db,
            redis,
            events,
            keyring,
        })))
    }
}
