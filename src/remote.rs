//! Services of the network that the configuration names: each behind a time limit, retries that end, and a
//! circuit breaker.

pub mod ai;
mod breaker;
pub mod enricher;
pub mod http;
pub mod legislative;
pub mod linguistics;
