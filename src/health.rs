//! How the server and what it depends on are doing, for people, probes and orchestrators.

pub mod graphql;

use std::time::{Duration, Instant};

use async_graphql::Enum;

use crate::app::App;
use crate::db::query;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::redis::Redis;

/// How something is doing.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthState {
    /// It does what it should.
    Up,
    /// It does what it should for now: slow, or close to a limit.
    Degraded,
    /// It does not.
    Down,
}

/// One dependency.
#[derive(Debug, Clone)]
pub struct ComponentHealth {
    /// `database`, `jobs`, `disk`, `storage`, and `redis` where one is configured.
    pub name: &'static str,
    /// How it is doing.
    pub state: HealthState,
    /// How long it took to answer, in milliseconds.
    pub latency_ms: Option<f64>,
    /// More about it, without paths or secrets, for administrators.
    pub detail: Option<String>,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Health {
    /// The worst of the components.
    pub state: HealthState,
    /// The server's time.
    pub time: Timestamp,
    /// For how many seconds this process has been ready.
    pub uptime_seconds: f64,
    /// Every dependency.
    pub components: Vec<ComponentHealth>,
}

/// A component that has not answered by then is down.
const PATIENCE: Duration = Duration::from_secs(2);
/// A database that takes longer than this is degraded.
const SLOW: Duration = Duration::from_millis(500);
/// Free disk space below which writes are in danger, and below which they are about to fail.
const LITTLE_DISK: u64 = 1024 * 1024 * 1024;
const NO_DISK: u64 = 64 * 1024 * 1024;

/// Looks at every component at once.
pub async fn check(app: &App) -> Health {
    let (database, jobs, disk, storage, redis) = tokio::join!(
        within(PATIENCE, "database", database(app)),
        within(PATIENCE, "jobs", jobs(app)),
        within(PATIENCE, "disk", disk(app)),
        storage(app),
        async {
            let redis = app.redis.as_ref()?;
            Some(within(PATIENCE, "redis", shared(redis)).await)
        },
    );
    let mut components = vec![database, jobs, disk, storage];
    components.extend(redis);
    let time = app.clock.now();
    let uptime = crate::clock::system_time() - app.started_at.0;
    Health {
        state: worst(&components),
        time,
        uptime_seconds: uptime.as_seconds_f64().max(0.0),
        components,
    }
}

fn worst(components: &[ComponentHealth]) -> HealthState {
    let states = components.iter().map(|component| component.state);
    states.max().unwrap_or(HealthState::Up)
}

/// What a check found.
struct Finding {
    state: HealthState,
    timed: bool,
    detail: Option<String>,
}

async fn within(
    patience: Duration,
    name: &'static str,
    check: impl Future<Output = Result<Finding>>,
) -> ComponentHealth {
    let start = Instant::now();
    let outcome = tokio::time::timeout(patience, check).await;
    let elapsed = start.elapsed();
    let down = |detail: String| Finding {
        state: HealthState::Down,
        timed: false,
        detail: Some(detail),
    };
    let finding = match outcome {
        Ok(Ok(finding)) => finding,
        Ok(Err(error)) => {
            // The cause may name hosts and paths: it is for the log.
            tracing::warn!(component = name, %error, "a component is down");
            down("It answers with an error; the server's log has the cause.".to_owned())
        }
        Err(_) => {
            tracing::warn!(component = name, "a component does not answer");
            down(format!("No answer within {} s.", patience.as_secs()))
        }
    };
    let state = match finding.state {
        HealthState::Up if finding.timed && elapsed > SLOW => HealthState::Degraded,
        state => state,
    };
    ComponentHealth {
        name,
        state,
        latency_ms: finding
            .timed
            .then_some(elapsed.as_micros() as f64 / 1_000.0),
        detail: finding.detail,
    }
}

async fn database(app: &App) -> Result<Finding> {
    query!(app.db, health::ping())?;
    Ok(Finding {
        state: HealthState::Up,
        timed: true,
        detail: Some(app.db.engine().to_owned()),
    })
}

/// Jobs that have failed for good wait for an administrator; they take nothing from the server.
async fn jobs(app: &App) -> Result<Finding> {
    let counts = crate::jobs::counts(&app.db).await?;
    Ok(Finding {
        state: HealthState::Up,
        timed: false,
        detail: Some(format!(
            "{} due, {} scheduled, {} running, {} failed",
            counts.due, counts.scheduled, counts.running, counts.dead
        )),
    })
}

/// The server does without Redis, so that it is never down: replicas hear of each other later.
async fn shared(redis: &Redis) -> Result<Finding> {
    let url = redis.url();
    let (state, detail) = match redis.ping().await {
        Ok(took) if took > redis.patience() / 2 => (HealthState::Degraded, format!("{url}: slow")),
        Ok(_) => (HealthState::Up, url.to_string()),
        Err(_) => {
            let why = redis.last_failure().unwrap_or_default();
            (HealthState::Degraded, format!("{url}: away. {why}"))
        }
    };
    Ok(Finding {
        state,
        timed: true,
        detail: Some(detail),
    })
}

/// Without the object store there are no pictures; writing and reading go on, so that it is never down.
async fn storage(app: &App) -> ComponentHealth {
    let check = async {
        app.storage.check().await?;
        Ok(Finding {
            state: HealthState::Up,
            timed: true,
            detail: Some(app.storage.name().to_owned()),
        })
    };
    let found = within(PATIENCE, "storage", check).await;
    ComponentHealth {
        state: found.state.min(HealthState::Degraded),
        ..found
    }
}

async fn disk(app: &App) -> Result<Finding> {
    let free = free_bytes(&app.config.data_dir);
    Ok(Finding {
        state: match free {
            Some(free) if free < NO_DISK => HealthState::Down,
            Some(free) if free < LITTLE_DISK => HealthState::Degraded,
            _ => HealthState::Up,
        },
        timed: false,
        detail: free.map(|free| format!("{} MiB free", free / (1024 * 1024))),
    })
}

/// The bytes that an ordinary user may still write where `path` is; `None` where that cannot be known.
pub fn free_bytes(path: &std::path::Path) -> Option<u64> {
    // A directory that does not exist yet will be made under the nearest one that does.
    let existing = path.ancestors().find(|path| path.exists());
    let existing = existing.unwrap_or(std::path::Path::new("."));
    let found = rustix::fs::statvfs(existing).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn up() -> Finding {
        Finding {
            state: HealthState::Up,
            timed: true,
            detail: None,
        }
    }

    #[tokio::test]
    async fn a_component_that_does_not_answer_in_time_is_down() {
        let limit = Duration::from_millis(10);
        let found = within(limit, "database", std::future::pending()).await;
        assert_eq!(found.state, HealthState::Down);
    }

    #[tokio::test]
    async fn the_cause_of_a_failure_is_not_told() {
        let failure = async { Err(Error::internal("password authentication failed for ann")) };
        let found = within(PATIENCE, "database", failure).await;
        assert_eq!(found.state, HealthState::Down);
        assert!(!found.detail.unwrap_or_default().contains("ann"));
    }

    #[tokio::test]
    async fn the_worst_component_is_the_whole_state() {
        let good = within(PATIENCE, "a", async { Ok(up()) }).await;
        let bad = within(PATIENCE, "b", async { Err(Error::internal("no")) }).await;
        assert_eq!(worst(std::slice::from_ref(&good)), HealthState::Up);
        assert_eq!(worst(&[good, bad]), HealthState::Down);
    }

    #[test]
    fn free_space_is_found_for_a_directory_that_is_yet_to_be_made() {
        assert!(free_bytes(std::path::Path::new("./does/not/exist")).is_some());
    }
}
