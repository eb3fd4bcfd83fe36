//! Bodies while they arrive: each is bounded, and so is what all of them hold together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use bytes::BytesMut;

use super::request::too_large;
use super::response::Refusal;

/// What all bodies may hold, as a multiple of the largest one.
const BODIES: usize = 8;
/// What a body is given first.
const FIRST: usize = 4 * 1024;
/// Smaller bodies are not counted: the connections bound them, and nobody who sends large ones keeps them out.
const SMALL: usize = 64 * 1024;

/// How many bytes all arriving bodies hold; cheap to clone.
#[derive(Clone, Default)]
pub struct Held(Arc<AtomicUsize>);

/// One body; what it holds is free again when it is dropped.
pub struct Buffer {
    bytes: BytesMut,
    held: Held,
    limit: usize,
}

impl Buffer {
    /// An empty one for at most `limit` bytes.
    pub fn new(held: &Held, limit: usize) -> Self {
        Self {
            bytes: BytesMut::new(),
            held: held.clone(),
            limit,
        }
    }

    /// Adds a chunk, as long as it fits into this body's limit and that of all of them.
    pub fn extend(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        let wanted = self.bytes.len() + chunk.len();
        if wanted > self.limit {
            return Err(too_large(self.limit));
        }
        let capacity = self.bytes.capacity();
        if wanted > capacity {
            let grown = (capacity * 2)
                .clamp(FIRST, self.limit.max(FIRST))
                .max(wanted);
            // Both are there while one is copied to the other.
            let counted = counted(grown);
            let all = self.held.0.fetch_add(counted, Ordering::Relaxed) + counted;
            if counted > 0 && all > self.limit.saturating_mul(BODIES) {
                self.held.0.fetch_sub(counted, Ordering::Relaxed);
                let message = "Too many large requests are arriving; try again in a moment.";
                let status = StatusCode::SERVICE_UNAVAILABLE;
                return Err(Refusal::new(status, "SERVICE_UNAVAILABLE", message));
            }
            let mut bytes = BytesMut::with_capacity(grown);
            bytes.extend_from_slice(&self.bytes);
            self.bytes = bytes;
            self.release(capacity);
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn release(&self, capacity: usize) {
        let counted = counted(capacity);
        self.held.0.fetch_sub(counted, Ordering::Relaxed);
    }

    /// What has arrived.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.release(self.bytes.capacity());
    }
}

/// What a buffer of this size counts.
fn counted(capacity: usize) -> usize {
    if capacity > SMALL { capacity } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_and_all_of_them_are_bounded_and_give_back_what_they_held() {
        let held = Held::default();
        let limit = 1 << 20;
        let fill = || {
            let mut body = Buffer::new(&held, limit);
            let mut chunks = (0..64).map(|_| body.extend(&[0; 16_384]));
            chunks.all(|taken| taken.is_ok()).then_some(body)
        };
        let mut bodies: Vec<_> = std::iter::from_fn(fill).collect();
        assert!((BODIES - 1..=BODIES).contains(&bodies.len()));
        assert_eq!(bodies[0].bytes().len(), limit);
        assert!(bodies[0].extend(&[0]).is_err());
        let mut small = Buffer::new(&held, limit);
        small.extend(&[0; SMALL]).unwrap();
        bodies.pop();
        let more = fill();
        assert!(more.is_some());
        drop((bodies, more, small));
        assert_eq!(held.0.load(Ordering::Relaxed), 0);
    }
}
