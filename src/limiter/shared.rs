//! Budgets in Redis: one script, by the time of the server, so that replicas cannot race or disagree.

use std::sync::Arc;
use std::time::Duration;

use ::redis::Script;
use secrecy::SecretString;

use super::{Balance, Quota};
use crate::error::Result;
use crate::redis::{Away, Redis};
use crate::seal::Key;

/// Takes the cost, or gives back a negative one. The key holds when it was last charged, in microseconds, and how
/// many of them it was then from being full; it goes when the budget is full. One cell is rounded down to whole
/// nanoseconds, as [`Quota::charge`] does, and numbers are compared with that much tolerance.
const CHARGE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local capacity, period, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local one = math.floor(period * 1000 / capacity) / 1000
local debt = 0
local known = redis.call('GET', KEYS[1])
if known then
  local at, owed = string.match(known, '^(%d+) ([%d.]+)$')
  if at then debt = math.max(0, owed - math.max(0, now - at)) end
end
local wanted = math.max(0, debt + one * cost)
local over = wanted - period
local allowed = over <= 0.001
if allowed and cost ~= 0 then
  debt = wanted
  if debt > 0 then
    redis.call('SET', KEYS[1], string.format('%.0f %.3f', now, debt), 'PX', math.ceil(debt / 1000) + 1)
  elseif known then
    redis.call('DEL', KEYS[1])
  end
end
local left = math.max(0, period - debt)
return {
  allowed and 1 or 0,
  math.min(capacity, math.floor((left + 0.001) / one)),
  math.ceil(debt),
  allowed and 0 or math.ceil(over),
}
";

/// The budgets of all replicas.
#[derive(Clone)]
pub struct Shared {
    redis: Redis,
    charge: Arc<Script>,
    digests: Key,
}

impl Shared {
    /// Budgets in `redis`, their names digested under `secret`.
    pub fn new(redis: Redis, secret: &SecretString) -> Result<Self> {
        Ok(Self {
            redis,
            charge: Arc::new(Script::new(CHARGE)),
            digests: Key::derive(secret, &[b"limiter keys"])?,
        })
    }

    #[cfg(test)]
    pub fn redis(&self) -> &Redis {
        &self.redis
    }

    /// As [`super::Limiter::charge`].
    pub async fn charge(
        &self,
        key: &str,
        quota: Quota,
        cost: u32,
    ) -> std::result::Result<Balance, Away> {
        let capacity = quota.capacity.max(1);
        let cost = i64::from(cost.min(capacity));
        let (allowed, remaining, reset, retry) = self.run(key, quota, cost).await?;
        Ok(Balance {
            allowed: allowed == 1,
            limit: capacity,
            remaining: u32::try_from(remaining).unwrap_or(0),
            reset_after: Duration::from_micros(reset),
            retry_after: Duration::from_micros(retry),
        })
    }

    /// As [`super::Limiter::refund`].
    pub async fn refund(
        &self,
        key: &str,
        quota: Quota,
        cost: u32,
    ) -> std::result::Result<(), Away> {
        let cost = i64::from(cost.min(quota.capacity.max(1)));
        self.run(key, quota, -cost).await.map(drop)
    }

    async fn run(
        &self,
        key: &str,
        quota: Quota,
        cost: i64,
    ) -> std::result::Result<(u8, i64, u64, u64), Away> {
        let digest = self.digests.name(&[key.as_bytes()]);
        // Half of it: enough that no two keys meet.
        let name = hex::encode(&digest[..16]);
        let mut invocation = self.charge.key(self.redis.key("limit", name));
        invocation
            .arg(quota.capacity.max(1))
            .arg(u64::try_from(quota.period.as_micros()).unwrap_or(u64::MAX))
            .arg(cost);
        self.redis.script(&invocation).await
    }
}
