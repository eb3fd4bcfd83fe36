//! Noting when sessions and API keys were last used, at most once a minute each, many in one statement.

use std::time::Duration;

use crate::accounts::api_key::ApiKey;
use crate::app::App;
use crate::db::commit;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::SessionId;
use crate::viewer::Client;

/// What was noted less than this ago is not noted again.
const RECENT_SECONDS: i64 = 60;
/// How long uses are collected before they are written together.
const COLLECT: Duration = Duration::from_secs(2);

/// What is known of a session's last use, as a request finds it.
pub struct OfSession {
    id: SessionId,
    last: Timestamp,
    ip: Option<String>,
    now: Timestamp,
}

impl OfSession {
    /// Last used at `last` from `ip`, and now again.
    pub fn new(id: SessionId, last: Timestamp, ip: Option<String>, now: Timestamp) -> Self {
        Self { id, last, ip, now }
    }

    /// Has it written down, where the last one is old enough.
    pub fn keep(self, app: &App, client: &Client) {
        if !is_due(Some(self.last), self.now) {
            return;
        }
        let ip = client.ip.map(|ip| ip.to_string());
        let moved_to = ip.filter(|ip| self.ip.as_deref() != Some(ip));
        if app.uses.session(self.id, moved_to, self.now) {
            write_soon(app);
        }
    }
}

/// Has the use of a key written down, where the last one is old enough.
pub fn note_key(app: &App, key: &ApiKey, now: Timestamp) {
    if is_due(key.last_used_at, now) && app.uses.key(key.id, now) {
        write_soon(app);
    }
}

fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| last.plus_seconds(RECENT_SECONDS) <= now)
}

fn write_soon(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        // A server that stops does not wait.
        let _ = tokio::time::timeout(COLLECT, app.shutdown.cancelled()).await;
        if let Err(error) = write_last_uses(&app).await {
            tracing::warn!(%error, "the last uses of sessions and keys were not written");
        }
    });
}

/// Writes what was noted so far.
pub async fn write_last_uses(app: &App) -> Result<()> {
    let batch = app.uses.take();
    let Some(at) = batch.at else {
        return Ok(());
    };
    if !batch.sessions.is_empty() {
        let (mut stayed, mut moved) = (Vec::new(), Vec::new());
        for (id, ip) in batch.sessions {
            match ip {
                None => stayed.push(id),
                Some(ip) => moved.push((id, ip)),
            }
        }
        commit!(app.db, live_sessions::touch(stayed, moved, at))?;
    }
    if !batch.keys.is_empty() {
        let keys = batch.keys.into_iter().collect();
        commit!(app.db, api_keys::touch(keys, at))?;
    }
    Ok(())
}
