//! Tests through HTTP, against the real server on every database, and of the program itself.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod accounts;
mod ai;
mod attacks;
mod bad_input;
mod browser;
mod caching;
mod chat;
mod clients;
mod contract;
mod cross_site;
mod datasets;
mod demo;
mod doctor;
mod fuzz;
mod idempotency;
mod jobs;
mod keyring;
mod layers;
mod legislation;
mod limits;
mod linguistics;
mod logs;
mod media;
mod models;
mod notebooks;
mod other_people;
mod pages;
mod platform;
mod predictions;
mod processing;
mod program;
mod replicas;
mod search;
mod secrets_in_logs;
mod shutdown;
mod sign_in;
mod statements;
mod storm;
mod streams;
mod support;
mod threat_model;
mod worker;
