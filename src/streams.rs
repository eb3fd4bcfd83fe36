//! The open streams of signed-in viewers, so that one look at the database serves all of them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::id::UserId;
use crate::viewer::Identity;

/// How often everybody's streams are looked at.
pub const EVERY: Duration = Duration::from_secs(1);

/// Which streams are open, and for whom.
#[derive(Clone, Default)]
pub struct Streams(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    called: Notify,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Open>,
    opened: u64,
    /// Whether somebody looks after them.
    watched: bool,
    /// Users whose streams are to be looked at before their time.
    hurried: HashSet<UserId>,
}

struct Open {
    identity: Identity,
    ended: CancellationToken,
}

/// One open stream; it is forgotten when this is dropped.
pub struct Stream {
    streams: Streams,
    number: u64,
    ended: CancellationToken,
}

impl Streams {
    /// Adds a stream. The second value says that nobody looks after the streams yet: the caller has to begin, and
    /// to go on until [`Self::turn`] gives `None`.
    pub fn open(&self, identity: Identity) -> (Stream, bool) {
        let mut state = self.state();
        state.opened += 1;
        let (number, ended) = (state.opened, CancellationToken::new());
        let open = Open {
            identity,
            ended: ended.clone(),
        };
        state.open.insert(number, open);
        let first = !std::mem::replace(&mut state.watched, true);
        let stream = Stream {
            streams: self.clone(),
            number,
            ended,
        };
        (stream, first)
    }

    /// Has the streams of `user` looked at soon.
    pub fn hurry(&self, user: UserId) {
        self.state().hurried.insert(user);
        self.0.called.notify_one();
    }

    /// Waits until somebody's streams are to be looked at: at `next` everybody's, before that those of users who
    /// were hurried. Gives whose they are; nothing once there are none, and then nobody looks after them any more.
    pub async fn turn(&self, next: Instant) -> Option<Vec<Identity>> {
        let all = loop {
            let whole = tokio::select! {
                () = sleep_until(next) => true,
                () = self.0.called.notified() => false,
            };
            if whole || !self.state().hurried.is_empty() {
                break whole;
            }
        };
        let mut state = self.state();
        if state.open.is_empty() {
            state.watched = false;
            state.hurried.clear();
            return None;
        }
        let hurried = std::mem::take(&mut state.hurried);
        let open = state.open.values().map(|open| &open.identity);
        let due = open.filter(|identity| all || hurried.contains(&identity.user_id));
        Some(due.cloned().collect())
    }

    /// Ends the streams of those of whom `has_ended` says so.
    pub fn end(&self, has_ended: impl Fn(&Identity) -> bool) {
        for open in self.state().open.values() {
            if has_ended(&open.identity) {
                open.ended.cancel();
            }
        }
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.state().open.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    /// Waits until its viewer is not who they were.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.streams.state().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::new_uuid;
    use crate::id::SessionId;
    use crate::viewer::{Credential, Role};

    fn identity(user: UserId) -> Identity {
        Identity {
            user_id: user,
            username: "ann".to_owned(),
            role: Role::User,
            credential: Credential::Session(SessionId(new_uuid())),
        }
    }

    async fn turn(streams: &Streams, next: Duration) -> Option<usize> {
        let due = streams.turn(Instant::now() + next).await;
        due.map(|due| due.len())
    }

    const NOW: Duration = Duration::ZERO;
    const LATER: Duration = Duration::from_secs(600);

    #[tokio::test]
    async fn the_first_stream_calls_for_somebody_and_the_last_dismisses_them() {
        let streams = Streams::default();
        let user = UserId(new_uuid());
        let (one, first) = streams.open(identity(user));
        let (other, second) = streams.open(identity(user));
        assert!(first && !second);
        assert_eq!(turn(&streams, NOW).await, Some(2));
        drop(one);
        assert_eq!(turn(&streams, NOW).await, Some(1));
        drop(other);
        assert_eq!(streams.count(), 0);
        assert_eq!(turn(&streams, NOW).await, None);
        let (_again, first) = streams.open(identity(user));
        assert!(first);
    }

    #[tokio::test]
    async fn whoever_is_hurried_comes_before_their_time_and_alone() {
        let streams = Streams::default();
        let (ann, bob) = (UserId(new_uuid()), UserId(new_uuid()));
        let _open = [ann, ann, bob].map(|user| streams.open(identity(user)));
        streams.hurry(ann);
        streams.hurry(ann);
        assert_eq!(turn(&streams, LATER).await, Some(2));
        streams.hurry(bob);
        assert_eq!(turn(&streams, LATER).await, Some(1));
        let soon = Duration::from_millis(20);
        let next = turn(&streams, soon).await;
        assert_eq!(next, Some(3), "once, however often it was said");
    }

    #[tokio::test]
    async fn the_streams_of_those_who_are_gone_end() {
        let streams = Streams::default();
        let (ann, bob) = (UserId(new_uuid()), UserId(new_uuid()));
        let (of_ann, _) = streams.open(identity(ann));
        let (of_bob, _) = streams.open(identity(bob));
        streams.end(|identity| identity.user_id == ann);
        of_ann.ended().await;
        assert!(!of_bob.ended.is_cancelled());
    }
}
