//! How many of something each address or viewer has open.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what is open by whose it is.
pub struct Seats<K> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
    most: usize,
}

impl<K> Clone for Seats<K> {
    fn clone(&self) -> Self {
        Self {
            taken: Arc::clone(&self.taken),
            most: self.most,
        }
    }
}

/// Free again when it is dropped.
pub struct Seat<K: Eq + Hash> {
    seats: Seats<K>,
    whose: K,
}

impl<K> Seats<K> {
    /// At most so many for each.
    pub fn new(most: usize) -> Self {
        Self {
            taken: Arc::default(),
            most,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone> Seats<K> {
    /// Takes one, if there is one left.
    pub fn take(&self, whose: K) -> Option<Seat<K>> {
        let mut taken = self.lock();
        let count = taken.entry(whose.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Seat {
            seats: self.clone(),
            whose,
        })
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(count) = taken.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_and_gets_them_back() {
        let seats = Seats::new(2);
        let first = seats.take("ann").unwrap();
        let _second = seats.take("ann").unwrap();
        assert!(seats.take("ann").is_none());
        assert!(seats.take("bob").is_some());
        drop(first);
        assert!(seats.take("ann").is_some());
        assert_eq!(seats.lock().len(), 1, "nothing is kept of who left");
    }
}
