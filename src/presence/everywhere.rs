//! The rooms of all processes, in Redis: a hash per room, whose entries count for as long as their process
//! keeps repeating them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::redis::Script;
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::{Entry, Room, Rooms, topic};
use crate::clock;
use crate::db::types::Timestamp;
use crate::events::Events;
use crate::id::UserId;
use crate::redis::{Away, Redis};

/// How often a process repeats its entries.
const BEAT: Duration = Duration::from_secs(10);
/// For how long an entry counts that nobody repeats.
const EXPIRY: Duration = Duration::from_secs(30);
/// How many rooms are told of at once.
const AT_ONCE: usize = 64;
/// How many changed rooms are remembered while Redis is away; the entries of others expire there.
const CHANGED: usize = 10_000;

/// Writes entries, and removes those that left. Arguments: how long they count in milliseconds, how many
/// entries, their ids and what they say, then the ids that left.
const TELL: &str = r"
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local last = 2 + 2 * ARGV[2]
for i = 3, last, 2 do redis.call('HSET', KEYS[1], ARGV[i], now .. ' ' .. ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
";

/// Gives ids and what they say, of those that count, and removes the others.
const LIST: &str = r"
local time = redis.call('TIME')
local since = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
local all = redis.call('HGETALL', KEYS[1])
local found = {}
for i = 1, #all, 2 do
  local at, says = string.match(all[i + 1], '^(%d+) (.*)$')
  if at and tonumber(at) > since then
    found[#found + 1] = all[i]
    found[#found + 1] = says
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return found
";

/// The way to what other processes know.
pub struct Everywhere {
    shared: Arc<Shared>,
    _stop: DropGuard,
}

struct Shared {
    redis: Redis,
    rooms: Rooms,
    events: Events,
    /// By which entries are known to be this process's.
    process: Uuid,
    /// Rooms that Redis is to be told of, and who left them.
    changed: Mutex<HashMap<Room, Vec<Uuid>>>,
    called: Notify,
    tell: Script,
    list: Script,
}

impl Everywhere {
    /// Begins to tell `redis` of `rooms`.
    pub fn start(redis: Redis, rooms: Rooms, events: Events) -> Self {
        let shared = Arc::new(Shared {
            redis,
            rooms,
            events,
            process: clock::new_uuid(),
            changed: Mutex::default(),
            called: Notify::new(),
            tell: Script::new(TELL),
            list: Script::new(LIST),
        });
        let stop = CancellationToken::new();
        let telling = keep_telling(Arc::clone(&shared));
        tokio::spawn(stop.clone().run_until_cancelled_owned(telling));
        Self {
            shared,
            _stop: stop.drop_guard(),
        }
    }

    /// Has Redis told that somebody came to `room` or left it; it never waits.
    pub fn changed(&self, room: Room, left: Option<Uuid>) {
        let mut changed = self.shared.lock_changed();
        if changed.len() < CHANGED || changed.contains_key(&room) {
            changed.entry(room).or_default().extend(left);
        }
        drop(changed);
        self.shared.called.notify_one();
    }

    /// The entries of other processes in `room`; none while Redis is away.
    pub async fn list(&self, room: Room) -> BTreeMap<Uuid, Entry> {
        let shared = &self.shared;
        let mut invocation = shared.list.key(shared.key(room));
        invocation.arg(millis(EXPIRY));
        let found: Vec<(String, String)> =
            shared.redis.script(&invocation).await.unwrap_or_default();
        let entries = found.iter().filter_map(|(id, says)| {
            let (process, entry) = read(id, says)?;
            (process != shared.process).then_some((entry.id, entry))
        });
        entries.collect()
    }
}

/// Tells Redis of changes as they happen, of everything at each beat, and of everything when Redis is back.
async fn keep_telling(shared: Arc<Shared>) {
    let mut beat = Instant::now() + BEAT;
    loop {
        let mut whole = tokio::select! {
            () = shared.called.notified() => false,
            () = sleep_until(beat) => true,
        };
        let back = !shared.redis.is_up();
        if back {
            shared.redis.up().await;
            whole = true;
        }
        let mut changed = std::mem::take(&mut *shared.lock_changed());
        let mut rooms: HashMap<Room, bool> = changed.keys().map(|room| (*room, true)).collect();
        if whole {
            beat = Instant::now() + BEAT;
            for room in shared.rooms.lock().keys() {
                // After a gap others know too little, and have to look again.
                rooms.entry(*room).or_insert(back);
            }
        }
        let telling = rooms.into_iter().map(|(room, call)| {
            let (left, shared) = (changed.remove(&room).unwrap_or_default(), &shared);
            async move {
                match shared.tell(room, &left).await {
                    Ok(()) if call => shared.events.wake(topic(room)),
                    Ok(()) => {}
                    // The next turn waits for Redis and tells everything.
                    Err(_) => shared.remember(room, left),
                }
            }
        });
        futures_util::stream::iter(telling)
            .buffer_unordered(AT_ONCE)
            .collect::<()>()
            .await;
    }
}

impl Shared {
    fn lock_changed(&self) -> std::sync::MutexGuard<'_, HashMap<Room, Vec<Uuid>>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, room: Room, left: Vec<Uuid>) {
        self.lock_changed().entry(room).or_default().extend(left);
        self.called.notify_one();
    }

    fn key(&self, room: Room) -> String {
        self.redis.key("room", room.simple())
    }

    async fn tell(&self, room: Room, left: &[Uuid]) -> Result<(), Away> {
        let entries = self.rooms.of(room);
        let mut invocation = self.tell.key(self.key(room));
        invocation.arg(millis(EXPIRY)).arg(entries.len());
        for entry in entries.values() {
            let says = write(self.process, entry);
            invocation.arg(entry.id.simple().to_string()).arg(says);
        }
        for id in left {
            invocation.arg(id.simple().to_string());
        }
        self.redis.script(&invocation).await
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn write(process: Uuid, entry: &Entry) -> String {
    format!(
        "{} {} {} {}",
        process.simple(),
        entry.user_id.0.simple(),
        u8::from(entry.editing),
        entry.since.0.timestamp_micros()
    )
}

fn read(id: &str, says: &str) -> Option<(Uuid, Entry)> {
    let mut words = says.split(' ');
    let process = words.next()?.parse().ok()?;
    let entry = Entry {
        id: id.parse().ok()?,
        user_id: UserId(words.next()?.parse().ok()?),
        editing: words.next()? == "1",
        since: Timestamp(chrono::DateTime::from_timestamp_micros(
            words.next()?.parse().ok()?,
        )?),
    };
    Some((process, entry))
}
