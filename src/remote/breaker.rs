//! A circuit breaker: what keeps failing is left alone for a while, and then asked once.
//!
//! Ours, because the crates wrap the call itself in a policy, and a caller here also wants to say which
//! failures count.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts failures in a row.
pub(super) struct Breaker {
    state: Mutex<State>,
    most: u32,
    pause: Duration,
}

#[derive(Default)]
struct State {
    failures: u32,
    /// Nobody asks before then; the first one after it puts it off for the others.
    open_until: Option<Instant>,
}

impl Breaker {
    /// Opens for `pause` after `most` failures in a row.
    pub fn new(most: u32, pause: Duration) -> Self {
        Self {
            state: Mutex::default(),
            most,
            pause,
        }
    }

    /// Whether to ask now. After a pause one caller may, and the others once that one was answered.
    pub fn lets_through(&self) -> bool {
        self.at(Instant::now())
    }

    fn at(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(now + self.pause);
                true
            }
        }
    }

    /// An answer came.
    pub fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// None came.
    pub fn failed(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.most {
            state.open_until = Some(Instant::now() + self.pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_so_many_failures_and_lets_one_through_after_the_pause() {
        let pause = Duration::from_secs(60);
        let breaker = Breaker::new(2, pause);
        breaker.failed();
        assert!(breaker.lets_through());
        breaker.failed();
        assert!(!breaker.lets_through());
        let later = Instant::now() + pause;
        assert!(breaker.at(later));
        assert!(!breaker.at(later));
        breaker.succeeded();
        assert!(breaker.lets_through());
        breaker.failed();
        assert!(breaker.lets_through());
    }
}
