//! The task that connects to Redis, notices when it goes away, and comes back to it.

use std::sync::Arc;
use std::time::Duration;

use ::redis::RedisError;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Link, Shared, timed_out};
use crate::clock;

/// How often Redis is asked whether it is there while nobody else asks.
const PROBE: Duration = Duration::from_secs(1);
/// The pause before the first attempt to connect again, and before each further one.
const SOON: Duration = Duration::from_millis(200);
const LATER: Duration = Duration::from_secs(1);

/// Keeps the connection; `first` is cancelled after the first attempt.
pub(super) async fn keep(shared: Arc<Shared>, first: CancellationToken) {
    let up = metrics::gauge!("pluma_redis_up");
    let mut failed = false;
    loop {
        up.set(0.0);
        match connected(&shared).await {
            Ok(link) => {
                up.set(1.0);
                match failed {
                    true => tracing::info!(url = %shared.url, "Redis is back"),
                    false => tracing::info!(url = %shared.url, "connected"),
                }
                failed = false;
                shared.link.send_replace(Some(link.clone()));
                if let Some(hears) = &shared.hears {
                    hears.connected();
                }
                first.cancel();
                while_useful(&shared, link).await;
                shared.link.send_replace(None);
                up.set(0.0);
                sleep(SOON).await;
            }
            Err(cause) => {
                if !failed {
                    tracing::warn!(url = %shared.url, %cause, "Redis cannot be reached; going on without it");
                }
                shared.note(&cause);
                failed = true;
                first.cancel();
                sleep(spread(LATER)).await;
            }
        }
    }
}

async fn connected(shared: &Shared) -> Result<Link, RedisError> {
    timeout(shared.connect_timeout, shared.connect())
        .await
        .unwrap_or_else(|_| Err(timed_out()))
}

/// Waits until the link is lost, and finds out where nobody else does.
async fn while_useful(shared: &Shared, mut link: Link) {
    let lost = link.lost.clone();
    while lost.run_until_cancelled(sleep(PROBE)).await.is_some() {
        let probe = shared.probe(&mut link.connection);
        // It has said itself what it found.
        let _ = shared.answered(&lost, probe).await;
    }
}

/// Between half of `pause` and all of it, so that replicas do not come back all at once.
fn spread(pause: Duration) -> Duration {
    let [random] = clock::random_bytes().unwrap_or([255]);
    pause / 2 + pause / 2 * u32::from(random) / 255
}
