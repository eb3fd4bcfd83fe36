//! Time, identifiers and randomness: the only source of all three, so that tests can move the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use crate::db::types::Timestamp;

/// The wall clock of this process, which tests may set forward and the demo back.
#[derive(Clone, Default)]
pub struct Clock {
    ahead_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The time now, in UTC, truncated to the microseconds that every database keeps.
    pub fn now(&self) -> Timestamp {
        let ahead = chrono::Duration::microseconds(self.ahead_micros.load(Ordering::Relaxed));
        Timestamp(system_time() + ahead)
    }

    /// Sets this clock forward; nothing but tests and the demo calls it.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Lets this clock show `time` and go on from there; the demo dates its content back with it.
    pub fn turn_to(&self, time: Timestamp) {
        let ahead = time.0 - system_time();
        let micros = ahead.num_microseconds().unwrap_or(0);
        self.ahead_micros.store(micros, Ordering::Relaxed);
    }
}

/// The system's time without any test's offset: what SQLite, living in this process, calls database time.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the home of the system clock"
)]
pub fn system_time() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// A new identifier: a UUID of version 7, which sorts by the time it was made.
#[expect(clippy::disallowed_methods, reason = "this is the home of identifiers")]
pub fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

/// `N` bytes from the operating system's random source.
pub fn random_bytes<const N: usize>() -> crate::error::Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| crate::error::Error::internal("the system's random source failed"))?;
    Ok(bytes)
}
