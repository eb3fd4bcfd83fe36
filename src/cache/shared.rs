//! Texts in Redis: sealed, of bounded size, gone after a while, and written while nobody waits.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::SecretString;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::keyring;
use crate::redis::Redis;

/// Longer texts are made by each replica for itself.
const LONGEST: usize = 512 * 1024;
/// For how long a text is kept.
const KEPT: Duration = Duration::from_secs(3_600);
/// How many texts are written at once; further ones are not shared.
const WRITES: usize = 16;

/// The texts of all replicas of the same build: another one may make other texts of the same key.
#[derive(Clone)]
pub struct Shared {
    redis: Redis,
    key: Arc<RandomizedNonceKey>,
    writes: Arc<Semaphore>,
}

impl Shared {
    /// Texts in `redis`, sealed under `secret`.
    pub fn new(redis: Redis, secret: &SecretString) -> Result<Self> {
        let key = keyring::derived_key(secret, "shared texts")?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(Error::caused_by)?;
        Ok(Self {
            redis,
            key: Arc::new(key),
            writes: Arc::new(Semaphore::new(WRITES)),
        })
    }

    /// The text of `key`, if Redis has it.
    pub async fn find(&self, key: Uuid) -> Option<Arc<str>> {
        let mut get = ::redis::cmd("GET");
        get.arg(self.name(key));
        let sealed: Option<Vec<u8>> = self.redis.query(&get).await.ok()?;
        let text = self.open(key, sealed?)?;
        String::from_utf8(text).ok().map(Arc::from)
    }

    /// Gives Redis the text of `key`, later; perhaps not at all.
    pub fn keep(&self, key: Uuid, text: Arc<str>) {
        if text.len() > LONGEST || !self.redis.is_up() {
            return;
        }
        let Ok(permit) = Arc::clone(&self.writes).try_acquire_owned() else {
            return;
        };
        let this = self.clone();
        tokio::spawn(async move {
            let _permit = permit;
            if let Some(sealed) = this.seal(key, &text) {
                let mut set = ::redis::cmd("SET");
                set.arg(this.name(key)).arg(sealed);
                set.arg("EX").arg(KEPT.as_secs());
                // Whoever asks next makes it again.
                let _ = this.redis.query::<()>(&set).await;
            }
        });
    }

    /// Waits until nothing is being written.
    #[cfg(test)]
    pub async fn written(&self) {
        let all = u32::try_from(WRITES).unwrap();
        let _all = self.writes.acquire_many(all).await.unwrap();
    }

    fn name(&self, key: Uuid) -> String {
        self.redis
            .key(concat!("text:", env!("PLUMA_TEXTS")), key.simple())
    }

    /// The nonce, the ciphertext and its tag; bound to `key`, so that no text answers for another one.
    fn seal(&self, key: Uuid, text: &str) -> Option<Vec<u8>> {
        let mut buffer = text.as_bytes().to_vec();
        let bound = Aad::from(key.as_bytes());
        let nonce = self.key.seal_in_place_append_tag(bound, &mut buffer).ok()?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut buffer);
        Some(sealed)
    }

    fn open(&self, key: Uuid, sealed: Vec<u8>) -> Option<Vec<u8>> {
        let (nonce, cipher) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = cipher.to_vec();
        let bound = Aad::from(key.as_bytes());
        let length = self
            .key
            .open_in_place(nonce, bound, &mut buffer)
            .ok()?
            .len();
        buffer.truncate(length);
        Some(buffer)
    }
}
