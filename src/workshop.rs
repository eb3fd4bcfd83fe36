//! Work that takes a core and much memory: a few pieces at once, a few more in line, and the same piece once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moka::future::Cache;
use tokio::sync::Semaphore;

use crate::error::{Code, Error, Result};

/// How many may wait for each that is done.
const WAITING: usize = 32;
/// How many results are remembered.
const REMEMBERED: u64 = 10_000;

/// Where such work is done; cheap to clone.
#[derive(Clone)]
pub struct Workshop {
    places: Arc<Semaphore>,
    inside: Arc<AtomicUsize>,
    most: usize,
    done: Cache<String, u64>,
}

impl Workshop {
    /// One for `places` pieces of work at once.
    pub fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            inside: Arc::default(),
            most: places.saturating_mul(WAITING + 1),
            done: Cache::new(REMEMBERED),
        }
    }

    /// Does a piece of work on a thread of its own, when it is its turn. It goes on to its end where nobody waits
    /// for it any more, and keeps its place that long.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let entered = Entered::new(&self.inside);
        if entered.before >= self.most {
            return Err(Error::refused(
                Code::ServiceUnavailable,
                "Too much of this is being worked on; try again in a moment.",
            ));
        }
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(Error::caused_by)?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, entered);
            work()
        });
        done.await.map_err(|error| Error::task_stopped(&error))?
    }

    /// What `make` gives under this key: remembered, or made now by one of those who ask at once.
    pub async fn once(&self, key: &str, make: impl Future<Output = Result<u64>>) -> Result<u64> {
        let made = self.done.try_get_with_by_ref(key, make).await;
        made.map_err(|error: Arc<Error>| Error::clone(&error))
    }

    /// Forgets what was made under a key.
    pub async fn forget(&self, key: &str) {
        self.done.invalidate(key).await;
    }
}

struct Entered {
    inside: Arc<AtomicUsize>,
    before: usize,
}

impl Entered {
    fn new(inside: &Arc<AtomicUsize>) -> Self {
        let before = inside.fetch_add(1, Ordering::Relaxed);
        let inside = Arc::clone(inside);
        Self { inside, before }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_ask_at_once_get_what_one_of_them_made() {
        let workshop = Workshop::new(1);
        let made = AtomicUsize::new(0);
        let make = || {
            workshop.once("a", async {
                tokio::task::yield_now().await;
                Ok(made.fetch_add(1, Ordering::Relaxed) as u64)
            })
        };
        let (one, other) = tokio::join!(make(), make());
        assert_eq!((one.unwrap(), other.unwrap()), (0, 0));
        workshop.forget("a").await;
        assert_eq!(make().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_queue_that_is_full_refuses_and_takes_again_later() {
        let workshop = Workshop::new(1);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(workshop.run(move || {
            let _ = gate.recv();
            Ok(())
        }));
        assert!(futures_util::poll!(&mut first).is_pending());
        let mut waiting: Vec<_> = (0..WAITING)
            .map(|_| Box::pin(workshop.run(|| Ok(()))))
            .collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        assert!(matches!(
            workshop.run(|| Ok(())).await,
            Err(Error::Refused { .. })
        ));
        drop((open, waiting));
        first.await.unwrap();
        workshop.run(|| Ok(())).await.unwrap();
    }
}
