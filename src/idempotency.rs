//! Idempotency keys: a mutation that is sent again with the same key is answered again, and not done again.
//!
//! A try takes the key's row with a lease before anything runs, and each transaction of the mutation notes
//! itself on that row (see [`slot`]). So a try that finds the lease of a dead one knows whether anything
//! was done: if not, it runs; if it was, it says so.

pub mod jobs;
pub mod slot;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use diesel::{Insertable, Queryable, Selectable};
use tokio::time::Instant;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::db::commit;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Code, Error, Result};
use crate::events::Topic;
use crate::id::{ApiKeyId, UserId};
use crate::seal;

pub use slot::Slot;

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Bytes of the largest answer that is kept.
pub const LARGEST_ANSWER: usize = 1024 * 1024;
/// How long a try may be silent before another one takes over, in database time.
pub const LEASE: Duration = Duration::from_secs(10);
/// How often a running try says that it is alive.
const BEAT: Duration = Duration::from_secs(3);
/// How soon a waiting try looks again where no call reaches it: the other one runs on another replica.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Characters of the longest key.
pub const LONGEST_KEY: usize = 255;

/// A key's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::idempotency_keys)]
pub struct Row {
    /// A keyed hash of whose it is and of the key.
    pub id: Vec<u8>,
    /// A keyed hash of the request.
    pub digest: Vec<u8>,
    /// The try that may write.
    pub holder: i64,
    /// Until when its holder counts as alive, in database time; none once it has ended.
    pub lease_until: Option<Timestamp>,
    /// How many transactions it has committed.
    pub commits: i32,
    /// What they did, as the audit log calls it: pairs of action and subject.
    pub done: JsonValue,
    /// The sealed answer.
    pub answer: Option<Vec<u8>>,
    /// When the key is free again.
    pub expires_at: Timestamp,
}

/// Whose key it is.
#[derive(Debug, Clone)]
pub enum Scope {
    /// An account's, on any of its devices; one of its API keys has keys of its own, as it may see less.
    Account(UserId, Option<ApiKeyId>),
    /// Of somebody who is not signed in.
    Stranger {
        /// Where they are: from one address, one key goes with one request.
        address: Option<IpAddr>,
        /// What they show beside the request: the refresh token's cookie.
        credential: Option<String>,
    },
}

/// A mutation to be done once.
#[derive(Clone)]
pub struct Ask {
    id: Vec<u8>,
    digest: Vec<u8>,
    /// For strangers: what keeps one key from going with two requests.
    guard: Option<Vec<u8>>,
    sealing: seal::Key,
}

impl Ask {
    /// The request with the digest `body`, sent with `key`.
    ///
    /// An account's key is named by account and key. A stranger has no name: theirs is named by the whole
    /// request too, which holds their password or token, so that nobody gets at an answer with a guessed key.
    /// Every answer is sealed under key, owner, request and the server's secret together.
    pub fn new(app: &App, key: &str, scope: &Scope, body: &[u8]) -> Result<Self> {
        let (key, secret) = (key.as_bytes(), &app.config.secret);
        let names = seal::Key::derive(secret, &[b"idempotency"])?;
        let digest = names.name(&[b"request", key, body]);
        let (owner, guard) = match scope {
            Scope::Account(id, api_key) => {
                let used = api_key.as_ref().map_or(&[][..], |key| key.0.as_bytes());
                let owner = [b"account", id.0.as_bytes().as_slice(), used].concat();
                (owner, None)
            }
            Scope::Stranger {
                address,
                credential,
            } => {
                let address = address.map(|address| address.to_string());
                let address = address.unwrap_or_default();
                let shown = credential.as_deref().unwrap_or_default().as_bytes();
                let guard = names.name(&[b"address", address.as_bytes(), key]);
                let owner = names.name(&[b"stranger", shown, &digest]);
                (owner, Some(guard))
            }
        };
        let sealing = names.name(&[b"answer", &owner, key, body]);
        Ok(Self {
            id: names.name(&[b"key", &owner, key]),
            digest,
            guard,
            sealing: seal::Key::derive(secret, &[b"idempotency answer", &sealing])?,
        })
    }

    /// What waiting twins listen to.
    fn topic(&self) -> Topic {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.id[..16]);
        Uuid::from_bytes(bytes)
    }
}

/// A try that wants the row; the store's input.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The row as it is where the try gets it.
    pub row: Row,
    /// The row that must not belong to another request.
    pub guard: Option<Vec<u8>>,
    /// How long the lease lasts.
    pub lease: Duration,
    /// The time by which keys expire.
    pub now: Timestamp,
}

/// What the store says to a [`Claim`].
#[derive(Debug, Clone)]
pub enum Claimed {
    /// The row is the claimer's.
    Mine,
    /// The same request was answered before.
    Answered(Vec<u8>),
    /// The same request was done before, and its answer is not there.
    Lost(JsonValue),
    /// The key went with another request.
    Reused,
    /// Another try runs.
    Running,
}

/// How a mutation with a key begins.
pub enum Begun {
    /// It is to be run, within [`slot::scope`] of this.
    Run(Arc<Slot>),
    /// It has been; this is its answer.
    Answered(Vec<u8>),
    /// It has been, and its answer is not there; this is what it did.
    Lost(JsonValue),
    /// The key went with another request.
    Reused,
}

/// What becomes of the row when a try has ended.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// The answer is kept; without one, only that it was done.
    Kept(Option<Vec<u8>>),
    /// The same where anything was done; otherwise the key is free again.
    KeptIfDone(Option<Vec<u8>>),
    /// The key is free again.
    Released,
}

/// Takes the key, or waits until the try that has it is through, `patience` at most.
pub async fn begin(app: &App, ask: &Ask, patience: Duration) -> Result<Begun> {
    let deadline = Instant::now() + patience;
    let mut calls = app.events.listen(ask.topic());
    loop {
        let slot = Slot::new(ask.id.clone(), i64::from_be_bytes(clock::random_bytes()?));
        let now = app.clock.now();
        let claim = Claim {
            row: Row {
                id: ask.id.clone(),
                digest: ask.digest.clone(),
                holder: slot.holder,
                lease_until: None,
                commits: 0,
                done: JsonValue(serde_json::json!([])),
                answer: None,
                expires_at: now.plus(KEPT),
            },
            guard: ask.guard.clone(),
            lease: LEASE,
            now,
        };
        match commit!(app.db, idempotency::claim(claim))? {
            Claimed::Mine => return Ok(Begun::Run(Arc::new(slot))),
            Claimed::Lost(done) => return Ok(Begun::Lost(done)),
            Claimed::Reused => return Ok(Begun::Reused),
            Claimed::Answered(sealed) => {
                let plain = ask.sealing.open(&sealed);
                let unreadable = || Error::internal("a stored answer was sealed otherwise");
                return plain.map(Begun::Answered).ok_or_else(unreadable);
            }
            Claimed::Running => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::refused(
                Code::Timeout,
                "The same mutation is still running: send it again with the same key to get its answer.",
            ));
        }
        calls.heard(left.min(LOOK_AGAIN)).await;
    }
}

/// Runs a try in its slot, and keeps its lease meanwhile.
pub async fn run<T>(app: &App, slot: &Arc<Slot>, work: impl Future<Output = T>) -> T {
    let beating = async {
        loop {
            tokio::time::sleep(BEAT).await;
            let (id, holder) = (slot.id.clone(), slot.holder);
            // Where the lease is lost, the next transaction finds out.
            if let Err(error) = commit!(app.db, idempotency::beat(id, holder, LEASE)) {
                tracing::warn!(%error, "the lease of an idempotency key could not be prolonged");
            }
        }
    };
    tokio::select! {
        done = slot::scope(Arc::clone(slot), work) => done,
        never = beating => never,
    }
}

/// Ends a try. An answer beyond [`LARGEST_ANSWER`] is not kept; that the mutation was done is.
pub async fn settle(app: &App, ask: &Ask, slot: &Slot, settlement: Settlement) -> Result<()> {
    let seal = |plain: Option<Vec<u8>>| match plain {
        Some(plain) if plain.len() <= LARGEST_ANSWER => ask.sealing.seal(&plain).map(Some),
        _ => Ok(None),
    };
    let settlement = match settlement {
        Settlement::Kept(plain) => Settlement::Kept(seal(plain)?),
        Settlement::KeptIfDone(plain) => Settlement::KeptIfDone(seal(plain)?),
        Settlement::Released => Settlement::Released,
    };
    let (id, holder) = (slot.id.clone(), slot.holder);
    let guard = ask.guard.clone().map(|guard| (guard, ask.digest.clone()));
    commit!(app.db, idempotency::settle(id, holder, settlement, guard))?;
    app.events.wake(ask.topic());
    Ok(())
}

/// Whether a client may send `key`: 1 to 255 visible ASCII characters.
pub fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}
