//! Who is where: one entry per open connection, gone with it; shared by all processes through Redis while it
//! answers.

mod everywhere;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::db::types::Timestamp;
use crate::events::Events;
use crate::id::UserId;
use crate::redis::Redis;
use everywhere::Everywhere;

/// A place that people can be in, such as a page.
pub type Room = Uuid;

/// One connection's announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// One per connection.
    pub id: Uuid,
    /// Who it is.
    pub user_id: UserId,
    /// Whether they announced to be editing.
    pub editing: bool,
    /// Since when.
    pub since: Timestamp,
}

/// The rooms, and who of this process is in them.
#[derive(Clone)]
pub struct Presence {
    rooms: Rooms,
    events: Events,
    everywhere: Option<Arc<Everywhere>>,
}

/// The rooms of this process.
#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<HashMap<Room, BTreeMap<Uuid, Entry>>>>);

/// Keeps an entry in its room until dropped.
pub struct Stay {
    presence: Presence,
    room: Room,
    id: Uuid,
}

impl Presence {
    /// No rooms yet; changes are called out through `events` under the room's [`topic`].
    pub fn new(events: Events, redis: Option<Redis>) -> Self {
        let rooms = Rooms::default();
        let everywhere =
            redis.map(|redis| Arc::new(Everywhere::start(redis, rooms.clone(), events.clone())));
        Self {
            rooms,
            events,
            everywhere,
        }
    }

    /// Announces `entry` in `room`.
    pub fn enter(&self, room: Room, entry: Entry) -> Stay {
        let id = entry.id;
        self.rooms.lock().entry(room).or_default().insert(id, entry);
        self.changed(room, None);
        Stay {
            presence: self.clone(),
            room,
            id,
        }
    }

    /// Everybody in `room`, in the order in which they came; those of this process alone while Redis is away.
    pub async fn list(&self, room: Room) -> Vec<Entry> {
        let mut entries = match &self.everywhere {
            Some(everywhere) => everywhere.list(room).await,
            None => BTreeMap::new(),
        };
        entries.extend(self.rooms.of(room));
        entries.into_values().collect()
    }

    /// Tells of a change in `room`: those who wait here at once, others when Redis knows of it too.
    fn changed(&self, room: Room, left: Option<Uuid>) {
        self.events.wake_here(topic(room));
        if let Some(everywhere) = &self.everywhere {
            everywhere.changed(room, left);
        }
    }
}

impl Rooms {
    fn lock(&self) -> MutexGuard<'_, HashMap<Room, BTreeMap<Uuid, Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, room: Room) -> BTreeMap<Uuid, Entry> {
        self.lock().get(&room).cloned().unwrap_or_default()
    }
}

/// The topic under which a room's changes are called out; it differs from the room's own topic.
pub fn topic(room: Room) -> Uuid {
    Uuid::from_u128(!room.as_u128())
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut rooms = self.presence.rooms.lock();
        if let Some(entries) = rooms.get_mut(&self.room) {
            entries.remove(&self.id);
            if entries.is_empty() {
                rooms.remove(&self.room);
            }
        }
        drop(rooms);
        self.presence.changed(self.room, Some(self.id));
    }
}
