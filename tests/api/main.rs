//! Tests through HTTP, against the real server on every database, and of the program itself.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod accounts;
mod bad_input;
mod browser;
mod caching;
mod clients;
mod contract;
mod demo;
mod doctor;
mod layers;
mod notebooks;
mod pages;
mod platform;
mod program;
mod shutdown;
mod sign_in;
mod statements;
mod storm;
mod streams;
mod support;
mod worker;
