//! What the job queue promises, on every database.

mod leases;
mod lifecycle;
mod queue;
mod support;
mod workers;
