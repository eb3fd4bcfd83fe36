//! What operations are charged: their estimate before they run, less what they did not need after it.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use moka::sync::Cache;

use crate::app::App;
use crate::config::Rates as Configured;
use crate::error::Error;
use crate::graphql::budgets::{ALL, BUDGETS, Budget};
use crate::graphql::limits::Examined;
use crate::limiter::{Balance, Quota};
use crate::viewer::{self, Identity, Viewer, network};

const MINUTE: Duration = Duration::from_secs(60);
/// What a request costs its address that cannot be read, or whose credentials are not good.
const JUNK: u32 = 25;
/// As many addresses are remembered that are to wait; they are looked up before anything is read.
const WAITING: u64 = 10_000;

/// The budgets; `None` where one is off.
pub struct Rates {
    viewer: Option<Quota>,
    stranger: Option<Quota>,
    address: Option<Quota>,
    attempts: [Option<Quota>; BUDGETS],
    waiting: Cache<IpAddr, Instant>,
}

/// What an operation was charged.
#[derive(Clone, Default)]
pub struct Charge {
    taken: Vec<(String, Quota)>,
    estimate: u32,
    /// How the budget stands that clients are told of.
    pub standing: Option<Standing>,
}

/// How a budget stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    quota: Quota,
    remaining: u32,
}

impl Rates {
    /// The configured budgets.
    pub fn of(config: &Configured) -> Self {
        let quota = |capacity: u32| {
            (capacity > 0).then_some(Quota {
                capacity,
                period: MINUTE,
            })
        };
        let attempts = ALL.map(|budget| {
            quota(match budget {
                Budget::SignIns => config.sign_ins,
                Budget::Refreshes => config.refreshes,
                Budget::Mails => config.mails,
                Budget::Ai => config.ai,
            })
        });
        Self {
            viewer: quota(config.viewer),
            stranger: quota(config.stranger),
            address: quota(config.address),
            attempts,
            waiting: Cache::builder()
                .max_capacity(WAITING)
                .time_to_live(MINUTE)
                .build(),
        }
    }

    /// Charges an operation, or says when it may come again; then nothing of its cost is taken.
    pub async fn charge(
        &self,
        app: &App,
        viewer: &Viewer,
        examined: &Examined,
    ) -> Result<Charge, (Error, Option<Standing>)> {
        let estimate = examined.estimate;
        let network = viewer.client.ip.map(network);
        let own = match &viewer.identity {
            Some(identity) => self.viewer.map(|quota| (own_key(identity), quota)),
            None => network.and_then(|at| Some((key("stranger", at), self.stranger?))),
        };
        let shared = network.and_then(|at| Some((key("address", at), self.address?)));
        let take = |entry: &Option<(String, Quota)>| {
            let entry = entry.clone();
            async move {
                let (key, quota) = entry?;
                let balance = app.limiter.charge(&key, quota, estimate).await;
                Some((key, quota, balance))
            }
        };
        let (own, shared) = tokio::join!(take(&own), take(&shared));
        let standing = own
            .as_ref()
            .or(shared.as_ref())
            .map(|(_, quota, balance)| Standing {
                quota: *quota,
                remaining: balance.remaining,
            });
        let refused = [&own, &shared]
            .into_iter()
            .flatten()
            .filter(|(_, _, balance)| !balance.allowed)
            .map(|(_, _, balance)| balance.retry_after)
            .max();
        let taken = [own, shared]
            .into_iter()
            .flatten()
            .filter(|(_, _, balance)| balance.allowed)
            .map(|(key, quota, _)| (key, quota))
            .collect();
        let mut charge = Charge {
            taken,
            estimate,
            standing,
        };
        let refused = match refused {
            Some(wait) => Some(wait),
            None => self.attempt(app, viewer, examined).await,
        };
        let Some(wait) = refused else {
            return Ok(charge);
        };
        self.settle(app, &mut charge, 0).await;
        if let Some(address) = viewer.client.ip {
            self.junk(app, address).await;
        }
        Err((limited(wait), charge.standing))
    }

    /// Counts what has stricter budgets, each occurrence of it; gives how long to wait where that is too many.
    async fn attempt(&self, app: &App, viewer: &Viewer, examined: &Examined) -> Option<Duration> {
        let mut wait = None;
        for (at, budget) in ALL.into_iter().enumerate() {
            let times = examined.attempts.get(at).copied().unwrap_or_default();
            let quota = self.attempts.get(at).copied().flatten();
            let (Some(quota), 1..) = (quota, times) else {
                continue;
            };
            let who = match (&viewer.identity, viewer.client.ip) {
                (Some(identity), _) if budget == Budget::Ai => identity.user_id.to_string(),
                (_, Some(address)) => network(address).to_string(),
                (_, None) => continue,
            };
            let key = format!("attempts:{}:{who}", budget.name());
            let balance = app.limiter.charge(&key, quota, times).await;
            // More than ever fits is refused, and has used up what there was.
            if !balance.allowed || times > quota.capacity {
                wait = wait.max(Some(balance.retry_after.max(balance.reset_after)));
            }
        }
        wait
    }

    /// Gives back what the operation did not need.
    pub async fn settle(&self, app: &App, charge: &mut Charge, actual: u32) {
        let back = charge.estimate.saturating_sub(actual);
        if back == 0 {
            return;
        }
        for (key, quota) in &charge.taken {
            app.limiter.refund(key, *quota, back).await;
        }
        if let Some(standing) = &mut charge.standing {
            let remaining = standing.remaining.saturating_add(back);
            standing.remaining = remaining.min(standing.quota.capacity);
        }
    }

    /// Charges what an operation goes on to cost; gives the error that ends it where nothing is left.
    pub async fn spend(&self, app: &App, charge: &Charge, cost: u32) -> Result<(), Error> {
        for (key, quota) in &charge.taken {
            let balance = app.limiter.charge(key, *quota, cost).await;
            if !balance.allowed {
                return Err(limited(balance.retry_after));
            }
        }
        Ok(())
    }

    /// Charges an address for a request that led to nothing.
    pub async fn junk(&self, app: &App, address: IpAddr) {
        let Some(quota) = self.address else { return };
        let network = network(address);
        let balance: Balance = app
            .limiter
            .charge(&key("address", network), quota, JUNK)
            .await;
        if !balance.allowed {
            self.waiting
                .insert(network, Instant::now() + balance.retry_after);
        }
    }

    /// Whether an address that sent too much junk is to wait still. No look at the limiter is needed for it.
    pub fn must_wait(&self, address: IpAddr) -> Option<Error> {
        let until = self.waiting.get(&network(address))?;
        let wait = until.checked_duration_since(Instant::now())?;
        Some(limited(wait))
    }
}

impl Charge {
    /// As resolvers are told of it.
    pub fn budget(&self, app: &App) -> Option<viewer::Budget> {
        let standing = self.standing?;
        let seconds = i64::try_from(standing.reset().as_secs()).unwrap_or(i64::MAX);
        Some(viewer::Budget {
            limit: standing.quota.capacity,
            remaining: standing.remaining,
            reset_at: app.clock.now().plus_seconds(seconds),
            cost: self.estimate,
        })
    }
}

impl Standing {
    /// In how long the budget is full again.
    fn reset(&self) -> Duration {
        let missing = self.quota.capacity.saturating_sub(self.remaining);
        self.quota.period * missing / self.quota.capacity.max(1)
    }

    /// Of two, the one with less left.
    pub fn lower(self, other: Self) -> Self {
        if other.remaining < self.remaining {
            other
        } else {
            self
        }
    }

    /// Tells it in the headers of the IETF's draft on rate limits, in the form that clients know.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let seconds = self.reset().as_secs_f64().ceil() as u64;
        let policy = format!("{};w={}", self.quota.capacity, self.quota.period.as_secs());
        for (name, value) in [
            ("ratelimit-limit", self.quota.capacity.to_string()),
            ("ratelimit-remaining", self.remaining.to_string()),
            ("ratelimit-reset", seconds.to_string()),
            ("ratelimit-policy", policy),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

fn limited(wait: Duration) -> Error {
    let seconds = wait.as_secs_f64().ceil() as u64;
    Error::Limited {
        retry_after_seconds: seconds.max(1),
    }
}

/// An API key has a budget beside its owner's, so that a program leaves its people theirs.
fn own_key(identity: &Identity) -> String {
    match identity.key() {
        Some(used) => key("key", used.id),
        None => key("user", identity.user_id),
    }
}

fn key(what: &str, who: impl std::fmt::Display) -> String {
    format!("cost:{what}:{who}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_says_when_it_is_full_again() {
        let quota = Quota {
            capacity: 60,
            period: MINUTE,
        };
        let standing = Standing {
            quota,
            remaining: 50,
        };
        let mut headers = HeaderMap::new();
        standing.tell(&mut headers);
        assert_eq!(headers["ratelimit-limit"], "60");
        assert_eq!(headers["ratelimit-remaining"], "50");
        assert_eq!(headers["ratelimit-reset"], "10");
        assert_eq!(headers["ratelimit-policy"], "60;w=60");
    }
}
