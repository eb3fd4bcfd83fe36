//! Who is where: one entry per open connection, gone with it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::db::types::Timestamp;
use crate::events::Events;
use crate::id::UserId;

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

/// The rooms of this process.
#[derive(Clone)]
pub struct Presence {
    rooms: Arc<Mutex<HashMap<Room, BTreeMap<Uuid, Entry>>>>,
    events: Events,
}

/// Keeps an entry in its room until dropped.
pub struct Stay {
    presence: Presence,
    room: Room,
    id: Uuid,
}

impl Presence {
    /// No rooms yet; changes are called out through `events` under the room's [`topic`].
    pub fn new(events: Events) -> Self {
        Self {
            rooms: Arc::default(),
            events,
        }
    }

    /// Announces `entry` in `room`.
    pub fn enter(&self, room: Room, entry: Entry) -> Stay {
        let id = entry.id;
        self.rooms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(room)
            .or_default()
            .insert(id, entry);
        self.events.wake(topic(room));
        Stay {
            presence: self.clone(),
            room,
            id,
        }
    }

    /// Everybody in `room`, in the order in which they came.
    pub fn list(&self, room: Room) -> Vec<Entry> {
        self.rooms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&room)
            .map(|entries| entries.values().cloned().collect())
            .unwrap_or_default()
    }
}

/// The topic under which a room's changes are called out; it differs from the room's own topic.
pub fn topic(room: Room) -> Uuid {
    Uuid::from_u128(!room.as_u128())
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut rooms = self
            .presence
            .rooms
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = rooms.get_mut(&self.room) {
            entries.remove(&self.id);
            if entries.is_empty() {
                rooms.remove(&self.room);
            }
        }
        drop(rooms);
        self.presence.events.wake(topic(self.room));
    }
}
