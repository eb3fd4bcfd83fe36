//! The keys that sign access tokens: Ed25519, kept in the database under the configured secret, so that
//! every replica signs and checks alike.

mod seal;

pub use seal::{open_for, seal_for};

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use diesel::{Insertable, Queryable, Selectable};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{self, Clock};
use crate::db::types::Timestamp;
use crate::db::{Db, commit, query};
use crate::error::{Error, Result};

/// A key as the database keeps it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::signing_keys)]
pub struct SigningKey {
    /// What tokens name it by.
    pub kid: String,
    /// The private key, PKCS#8, sealed with AES-256-GCM.
    pub sealed: Vec<u8>,
    /// The public key, 32 bytes.
    pub public: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
}

/// Signs and verifies JSON Web Tokens.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<Vec<Key>>,
    issuer: String,
}

struct Key {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The audience of every access token.
const AUDIENCE: &str = "pluma";

impl Keyring {
    /// Reads the keys of the database; makes the first one where there is none.
    pub async fn load(
        db: &Db,
        clock: &Clock,
        secret: &SecretString,
        issuer: String,
    ) -> Result<Self> {
        let mut stored = query!(db, keyring::list())?;
        if stored.is_empty() {
            // Replicas that start together agree on the key that was stored first.
            commit!(db, keyring::insert_first(generate(clock, secret)?))?;
            stored = query!(db, keyring::list())?;
        }
        let keys = unseal(stored, secret)?;
        Ok(Self {
            keys: Arc::new(keys),
            issuer,
        })
    }

    /// How many keys the database has, and that `secret` opens each; makes none.
    pub async fn check(db: &Db, secret: &SecretString) -> Result<usize> {
        let stored = query!(*db, keyring::list())?;
        Ok(unseal(stored, secret)?.len())
    }

    /// Signs `claims`, which must hold `iss` and `aud` as [`Self::issuer`] and [`Self::audience`] give them.
    pub fn sign<T: Serialize>(&self, claims: &T) -> Result<String> {
        let key = self
            .keys
            .first()
            .ok_or_else(|| Error::internal("there is no signing key"))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.encoding).map_err(Error::caused_by)
    }

    /// Reads a token; `None` where it is not ours, was changed, or has expired.
    pub fn verify<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.keys.iter().find(|key| key.kid == kid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.leeway = 5;
        jsonwebtoken::decode(token, &key.decoding, &validation)
            .ok()
            .map(|data| data.claims)
    }

    /// What `iss` says.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What `aud` says.
    pub fn audience(&self) -> &'static str {
        AUDIENCE
    }
}

fn unseal(stored: Vec<SigningKey>, secret: &SecretString) -> Result<Vec<Key>> {
    let open = |key: SigningKey| {
        let pkcs8 = seal::open(secret, &key.sealed)?;
        Ok(Key {
            kid: key.kid,
            encoding: EncodingKey::from_ed_der(&pkcs8),
            decoding: DecodingKey::from_ed_der(&key.public),
        })
    };
    stored.into_iter().map(open).collect()
}

fn generate(clock: &Clock, secret: &SecretString) -> Result<SigningKey> {
    let pair = Ed25519KeyPair::generate().map_err(Error::caused_by)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(Error::caused_by)?;
    Ok(SigningKey {
        kid: hex::encode(clock::random_bytes::<8>()?),
        sealed: seal::seal(secret, pkcs8.as_ref())?,
        public: pair.public_key().as_ref().to_vec(),
        created_at: clock.now(),
        retired_at: None,
    })
}
