//! Waiting for what no call announces.

use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `look` finds what is wanted, and fails with what that was when it does not come.
pub async fn eventually(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !look().await {
        assert!(Instant::now() < limit, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
