//! What clients may ask for, how much of it, and how often.

mod connections;
mod cost;
mod documents;
mod memory;
mod persisted;
mod rates;
