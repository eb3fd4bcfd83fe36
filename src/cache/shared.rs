//! Texts in Redis: sealed, of bounded size, gone after a while, and written while nobody waits.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::error::Result;
use crate::redis::Redis;
use crate::seal::Key;

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
    key: Key,
    writes: Arc<Semaphore>,
}

impl Shared {
    /// Texts in `redis`, sealed under `secret`.
    pub fn new(redis: Redis, secret: &SecretString) -> Result<Self> {
        let key = Key::derive(secret, &[b"shared texts"])?;
        Ok(Self {
            redis,
            key,
            writes: Arc::new(Semaphore::new(WRITES)),
        })
    }

    /// The text of `key`, if Redis has it.
    pub async fn find(&self, key: Uuid) -> Option<Arc<str>> {
        let mut get = ::redis::cmd("GET");
        get.arg(self.name(key));
        let sealed: Option<Vec<u8>> = self.redis.query(&get).await.ok()?;
        let text = self.key.open_for(key.as_bytes(), &sealed?)?;
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
            // Bound to `key`, so that no text answers for another one.
            if let Ok(sealed) = this.key.seal_for(key.as_bytes(), text.as_bytes()) {
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
            .key(concat!("text:", env!("TEXTS_DIGEST")), key.simple())
    }
}
