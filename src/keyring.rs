//! The keys that sign access tokens: Ed25519, kept in the database under the configured secret, so that
//! every replica signs and checks alike, and rotated without anybody noticing.
//!
//! A new key is published at once and signs a minute later, when every replica has read it; the key before it
//! is good until the last token that it can have signed has expired.

mod jwks;
mod rotation;
mod seal;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use diesel::{Insertable, Queryable, Selectable};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::clock::{self, Clock};
use crate::db::types::Timestamp;
use crate::db::{Db, commit, query};
use crate::error::{Error, Result};

pub use jwks::{PublicKey, PublicKeys};
pub use rotation::{Overlap, Rotation};

/// A key as the database keeps it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::signing_keys)]
pub struct SigningKey {
    /// What tokens name it by: 16 hexadecimal digits.
    pub kid: String,
    /// The private key, PKCS#8, sealed with AES-256-GCM.
    pub sealed: Vec<u8>,
    /// The public key, 32 bytes.
    pub public: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on nothing that it signed is good.
    pub retired_at: Option<Timestamp>,
    /// When it begins to sign.
    pub signs_from: Timestamp,
}

/// Signs and verifies JSON Web Tokens; cheap to clone.
#[derive(Clone)]
pub struct Keyring(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    secret: SecretString,
    issuer: String,
    loaded: RwLock<Arc<Loaded>>,
    loading: Mutex<()>,
}

/// The keys as they were in the database at a moment; the newest comes first.
struct Loaded {
    keys: Vec<Key>,
    at: Instant,
}

#[derive(Clone)]
struct Key {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    public: Vec<u8>,
    signs_from: Timestamp,
    retired_at: Option<Timestamp>,
}

/// The audience of every access token.
const AUDIENCE: &str = "pluma";
/// The longest token that is looked at.
const LONGEST_TOKEN: usize = 4_096;
/// How old the keys in memory may be; less than the time for which a new key only waits.
const RELOAD: Duration = Duration::from_secs(20);
/// How old they may be when a token names a key that is not among them: as often, at most, can somebody who
/// makes up names have them read again.
const RELOAD_FOR_UNKNOWN: Duration = Duration::from_secs(5);
/// By how many seconds the clocks of two replicas may differ.
const LEEWAY_SECONDS: u8 = 5;

impl Keyring {
    /// Reads the keys of the database; makes the first one where there is none.
    pub async fn load(
        db: &Db,
        clock: &Clock,
        secret: &SecretString,
        issuer: String,
    ) -> Result<Self> {
        let mut stored = query!(*db, keyring::list())?;
        if stored.is_empty() {
            let first = generate(clock.now(), Timestamp::EPOCH, secret)?;
            // Replicas that start together agree on the key that was stored first.
            commit!(*db, keyring::insert_first(first))?;
            stored = query!(*db, keyring::list())?;
        }
        let keys = unseal(stored, secret, clock.now())?;
        let at = Instant::now();
        Ok(Self(Arc::new(Parts {
            db: db.clone(),
            clock: clock.clone(),
            secret: secret.clone(),
            issuer,
            loaded: RwLock::new(Arc::new(Loaded { keys, at })),
            loading: Mutex::new(()),
        })))
    }

    /// How many keys the database has, and that `secret` opens each; makes none.
    pub async fn check(db: &Db, secret: &SecretString) -> Result<usize> {
        let stored = query!(*db, keyring::list())?;
        Ok(unseal(stored, secret, Timestamp::EPOCH)?.len())
    }

    /// Signs `claims`, which must hold `iss` and `aud` as [`Self::issuer`] and [`Self::audience`] give them.
    pub async fn sign<T: Serialize>(&self, claims: &T) -> Result<String> {
        let now = self.0.clock.now();
        let loaded = self.keys(RELOAD).await;
        let signs = |key: &&Key| key.is_good(now) && key.signs_from <= now;
        let key = loaded
            .keys
            .iter()
            .find(signs)
            .ok_or_else(|| Error::internal("there is no signing key"))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.encoding).map_err(Error::caused_by)
    }

    /// Reads a token; `None` where it is not ours, was changed, has expired, or is not valid yet.
    pub async fn verify<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        if !is_kid(&kid) {
            return None;
        }
        let now = self.0.clock.now();
        let mut loaded = self.keys(RELOAD).await;
        if !loaded.keys.iter().any(|key| key.kid == kid) {
            loaded = self.keys(RELOAD_FOR_UNKNOWN).await;
        }
        let named = |key: &&Key| key.kid == kid && key.is_good(now);
        let key = loaded.keys.iter().find(named)?;
        // The key is chosen by its name alone and the algorithm is fixed: nothing else that the header says counts.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.0.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS.into();
        jsonwebtoken::decode(token, &key.decoding, &validation)
            .ok()
            .map(|data| data.claims)
    }

    /// What `iss` says.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// What `aud` says.
    pub fn audience(&self) -> &'static str {
        AUDIENCE
    }

    /// Reads the keys again, whatever their age.
    pub async fn reload(&self) {
        self.keys(Duration::ZERO).await;
    }

    /// The keys, read again where they are older than `age`. Where the database does not give them, those there
    /// are stay in use and the next try waits its turn.
    async fn keys(&self, age: Duration) -> Arc<Loaded> {
        let asked = Instant::now();
        let loaded = self.loaded();
        if loaded.at.elapsed() < age {
            return loaded;
        }
        let _one_at_a_time = self.0.loading.lock().await;
        let loaded = self.loaded();
        // Somebody else read them while this one waited.
        if loaded.at >= asked || loaded.at.elapsed() < age {
            return loaded;
        }
        let read = async {
            let stored = query!(self.0.db, keyring::list())?;
            unseal(stored, &self.0.secret, self.0.clock.now())
        };
        let keys = match read.await {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(%error, "the signing keys could not be read again");
                loaded.keys.clone()
            }
        };
        let at = Instant::now();
        let loaded = Arc::new(Loaded { keys, at });
        let mut slot = self
            .0
            .loaded
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Arc::clone(&loaded);
        loaded
    }

    fn loaded(&self) -> Arc<Loaded> {
        let loaded = self.0.loaded.read();
        Arc::clone(&loaded.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Key {
    fn is_good(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|retired| retired > now)
    }
}

fn is_kid(kid: &str) -> bool {
    kid.len() == 16 && kid.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Opens the keys that are good at `now`.
fn unseal(stored: Vec<SigningKey>, secret: &SecretString, now: Timestamp) -> Result<Vec<Key>> {
    let good = |key: &SigningKey| key.retired_at.is_none_or(|retired| retired > now);
    let open = |key: SigningKey| {
        let pkcs8 = seal::open(secret, &key.sealed)?;
        Ok(Key {
            kid: key.kid,
            encoding: EncodingKey::from_ed_der(&pkcs8),
            decoding: DecodingKey::from_ed_der(&key.public),
            public: key.public,
            signs_from: key.signs_from,
            retired_at: key.retired_at,
        })
    };
    stored.into_iter().filter(good).map(open).collect()
}

fn generate(now: Timestamp, signs_from: Timestamp, secret: &SecretString) -> Result<SigningKey> {
    let pair = Ed25519KeyPair::generate().map_err(Error::caused_by)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(Error::caused_by)?;
    Ok(SigningKey {
        kid: hex::encode(clock::random_bytes::<8>()?),
        sealed: seal::seal(secret, pkcs8.as_ref())?,
        public: pair.public_key().as_ref().to_vec(),
        created_at: now,
        retired_at: None,
        signs_from,
    })
}
