//! The end of open streams with the right to them: one watcher per process looks at all of them at once.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use crate::app::App;
use crate::db::query;
use crate::error::Result;
use crate::id::{ApiKeyId, SessionId};
use crate::streams::EVERY;
use crate::viewer::{Credential, Identity, Role};

/// How many sessions one statement asks about.
const TOGETHER: usize = 5_000;

/// Waits until the session or the API key ends, or what its account may do changes: at once where a call says so, and otherwise
/// within [`EVERY`] and the time of a statement.
pub async fn session_ended(app: App, identity: Identity) {
    let user = identity.user_id;
    // Listening before the first look: an end in between is not missed.
    let mut calls = app.events.listen(user.0);
    let (stream, first) = app.streams.open(identity);
    if first {
        tokio::spawn(watch(app.clone()));
    }
    loop {
        tokio::select! {
            () = stream.ended() => return,
            () = calls.called() => app.streams.hurry(user),
        }
    }
}

/// Looks at the open streams for as long as there are any.
async fn watch(app: App) {
    let mut next = Instant::now() + EVERY;
    let mut failing = false;
    while let Some(open) = app.streams.turn(next).await {
        if next <= Instant::now() {
            next = Instant::now() + EVERY;
        }
        let looking = tokio::spawn(look(app.clone(), open));
        // A panic in there must not leave the streams without anybody who looks after them.
        let failure = match looking.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        // Streams outlive a database that is away for a moment.
        if let Some(error) = &failure
            && !failing
        {
            tracing::warn!(%error, "the sessions of open streams cannot be looked up; trying again");
        }
        failing = failure.is_some();
    }
}

/// Ends the streams of those whose session or key has ended or whose role has changed.
async fn look(app: App, open: Vec<Identity>) -> Result<()> {
    let now = app.clock.now();
    let mut sessions: HashMap<Role, HashSet<SessionId>> = HashMap::new();
    let mut keys: HashMap<Role, HashSet<ApiKeyId>> = HashMap::new();
    for identity in open {
        let role = identity.role;
        match identity.credential {
            Credential::Session(id) => sessions.entry(role).or_default().insert(id),
            Credential::Key(key) => keys.entry(role).or_default().insert(key.id),
        };
    }
    for (role, ids) in sessions {
        let ids: Vec<SessionId> = ids.into_iter().collect();
        for asked in ids.chunks(TOGETHER).map(<[SessionId]>::to_vec) {
            // Nearly always all of them are live, and a number says so.
            let live = query!(app.db, live_sessions::count_live(asked.clone(), role, now))?;
            if usize::try_from(live).is_ok_and(|live| live == asked.len()) {
                continue;
            }
            let live = query!(app.db, live_sessions::list_live(asked.clone(), role, now))?;
            let ended = without(asked, &live);
            app.streams.end(|identity| match &identity.credential {
                Credential::Session(id) => identity.role == role && ended.contains(id),
                Credential::Key(_) => false,
            });
        }
    }
    for (role, ids) in keys {
        let ids: Vec<ApiKeyId> = ids.into_iter().collect();
        for asked in ids.chunks(TOGETHER).map(<[ApiKeyId]>::to_vec) {
            let live = query!(app.db, api_keys::list_live(asked.clone(), role, now))?;
            let ended = without(asked, &live);
            app.streams.end(|identity| match &identity.credential {
                Credential::Session(_) => false,
                Credential::Key(key) => {
                    let over = key.until.is_some_and(|until| until <= now);
                    identity.role == role && (over || ended.contains(&key.id))
                }
            });
        }
    }
    Ok(())
}

/// What of `asked` is not live.
fn without<Id: Copy + Eq + std::hash::Hash>(asked: Vec<Id>, live: &[Id]) -> HashSet<Id> {
    let mut ended: HashSet<Id> = asked.into_iter().collect();
    for id in live {
        ended.remove(id);
    }
    ended
}
