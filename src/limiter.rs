//! Budgets that refill evenly (GCRA, the generic cell rate algorithm of ITU-T I.371), one per key, shared by
//! all replicas through Redis while it answers.
//!
//! Ours, because no crate's limiter can give back what a request was charged too much.

mod shared;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use moka::Expiry;
use moka::ops::compute::Op;
use moka::sync::Cache;
use secrecy::SecretString;

use crate::error::Result;
use crate::redis::Redis;
use shared::Shared;

/// How many keys a process remembers; forgetting one only refills its budget.
const KEYS: u64 = 500_000;

/// How much may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is there at most, and may be spent at once.
    pub capacity: u32,
    /// How long an empty budget takes to be full again.
    pub period: Duration,
}

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Whether the budget had enough; otherwise nothing was taken.
    pub allowed: bool,
    /// [`Quota::capacity`].
    pub limit: u32,
    /// What is left now.
    pub remaining: u32,
    /// In how long the budget is full again.
    pub reset_after: Duration,
    /// In how long the same charge succeeds; zero where it did.
    pub retry_after: Duration,
}

/// The budgets: everybody's where Redis answers, those of this process where it does not.
#[derive(Clone)]
pub struct Limiter {
    shared: Option<Shared>,
    budgets: Cache<String, Budget>,
    start: Instant,
}

/// When a budget is full again, since the process began, and how long it is worth remembering.
#[derive(Debug, Clone, Copy)]
struct Budget {
    full_at: Duration,
    period: Duration,
}

struct UntilFull;

impl Expiry<String, Budget> for UntilFull {
    fn expire_after_create(&self, _: &String, budget: &Budget, _: Instant) -> Option<Duration> {
        Some(budget.period)
    }

    fn expire_after_update(
        &self,
        _: &String,
        budget: &Budget,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(budget.period)
    }
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            shared: None,
            budgets: Cache::builder()
                .max_capacity(KEYS)
                .expire_after(UntilFull)
                .build(),
            start: Instant::now(),
        }
    }
}

impl Limiter {
    /// Budgets that the replicas share, and that are this process's own while Redis is away. What keys name,
    /// such as addresses, is written to Redis only as a digest under `secret`.
    pub fn new(redis: Option<Redis>, secret: &SecretString) -> Result<Self> {
        let shared = redis.map(|redis| Shared::new(redis, secret)).transpose()?;
        Ok(Self {
            shared,
            ..Self::default()
        })
    }

    /// Takes `cost` from the budget of `key` if it is there; a cost beyond the capacity counts as the whole
    /// capacity. A cost of 0 only looks.
    pub async fn charge(&self, key: &str, quota: Quota, cost: u32) -> Balance {
        if let Some(shared) = &self.shared
            && let Ok(balance) = shared.charge(key, quota, cost).await
        {
            return balance;
        }
        let now = self.start.elapsed();
        let mut balance = None;
        self.budgets.entry_by_ref(key).and_compute_with(|known| {
            let full_at = known.map(|entry| entry.into_value().full_at);
            let (found, full_at) = quota.charge(now, full_at.unwrap_or_default(), cost);
            let taken = found.allowed && cost > 0;
            balance = Some(found);
            if taken {
                Op::Put(Budget {
                    full_at,
                    period: quota.period,
                })
            } else {
                Op::Nop
            }
        });
        balance.unwrap_or_else(|| quota.charge(now, Duration::ZERO, 0).0)
    }

    /// Gives `cost` back to the budget of `key`.
    pub async fn refund(&self, key: &str, quota: Quota, cost: u32) {
        if let Some(shared) = &self.shared
            && shared.refund(key, quota, cost).await.is_ok()
        {
            return;
        }
        self.budgets
            .entry_by_ref(key)
            .and_compute_with(|known| match known {
                Some(entry) => Op::Put(Budget {
                    full_at: quota.refund(entry.into_value().full_at, cost),
                    period: quota.period,
                }),
                None => Op::Nop,
            });
    }
}

impl Quota {
    /// Charges `cost` to a budget that is full again at `full_at`; gives when it is after that.
    fn charge(self, now: Duration, full_at: Duration, cost: u32) -> (Balance, Duration) {
        let capacity = self.capacity.max(1);
        let one = self.period / capacity;
        let full_at = full_at.max(now);
        let wanted = full_at + one * cost.min(capacity);
        let over = wanted.saturating_sub(now + self.period);
        let allowed = over.is_zero();
        let full_at = if allowed { wanted } else { full_at };
        let reset_after = full_at - now;
        let left = self.period.saturating_sub(reset_after);
        let remaining = left.as_nanos().checked_div(one.as_nanos()).unwrap_or(0);
        let balance = Balance {
            allowed,
            limit: capacity,
            remaining: u32::try_from(remaining).map_or(capacity, |left| left.min(capacity)),
            reset_after,
            retry_after: over,
        };
        (balance, full_at)
    }

    fn refund(self, full_at: Duration, cost: u32) -> Duration {
        let capacity = self.capacity.max(1);
        full_at.saturating_sub(self.period / capacity * cost.min(capacity))
    }
}
