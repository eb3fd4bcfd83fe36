//! Taking a new signing key, and letting go of the old one.

use std::time::Duration;

use serde_json::json;

use super::{Keyring, LEEWAY_SECONDS, generate};
use crate::db::commit;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::logs::Log;
use crate::viewer::Viewer;

/// How long a new key waits until every replica has read it, and others have read it from the key set.
const WAIT_SECONDS: i64 = 60;
/// How long a replica may go on signing with the old one after that.
const LAG_SECONDS: i64 = 60;
/// Keys that were good until then are removed.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

/// How an old key and a new one share the time between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// The new one signs after a minute; nobody notices.
    Gentle,
    /// The new one signs at once. A replica that has not read it refuses its tokens for some seconds.
    AtOnce,
    /// The same, and what the old ones signed is refused from now on: for a key that was stolen. Clients
    /// have to refresh.
    Drop,
}

/// What a rotation came to.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The new key.
    pub kid: String,
    /// When it begins to sign.
    pub signs_from: Timestamp,
    /// When the last of the old ones is no longer good.
    pub old_until: Timestamp,
}

impl Keyring {
    /// Makes a new key; `token_ttl` is how long tokens live that the old ones sign.
    pub async fn rotate(&self, overlap: Overlap, token_ttl: Duration) -> Result<Rotation> {
        let now = self.0.clock.now();
        let signs_from = match overlap {
            Overlap::Gentle => now.plus_seconds(WAIT_SECONDS),
            Overlap::AtOnce | Overlap::Drop => now,
        };
        let old_until = match overlap {
            Overlap::Drop => now,
            Overlap::Gentle | Overlap::AtOnce => signs_from
                .plus_seconds(LAG_SECONDS + i64::from(LEEWAY_SECONDS))
                .plus(token_ttl),
        };
        let key = generate(now, signs_from, &self.0.secret)?;
        let kid = key.kid.clone();
        let entry = Log::audit(&Viewer::default(), now, "signing_key.rotated", &kid)
            .with(json!({ "signsFrom": signs_from, "oldUntil": old_until }));
        commit!(self.0.db, keyring::rotate(key, old_until, entry))?;
        self.reload().await;
        Ok(Rotation {
            kid,
            signs_from,
            old_until,
        })
    }

    /// Removes keys that have not been good for a month; gives how many.
    pub async fn forget(&self) -> Result<usize> {
        let before = self.0.clock.now().plus_seconds(-KEPT_SECONDS);
        commit!(self.0.db, keyring::delete_retired(before))
    }
}
