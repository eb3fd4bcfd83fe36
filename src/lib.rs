//! Pluma: the backend of a writing platform in one program.
//!
//! The floor (`config`, `db`, `error`, `graphql`, …) knows no slice; the slices stand on it, one per noun
//! family; `api` merges them into one schema and `http` serves it. ARCHITECTURE.md walks through the house.

pub mod accounts;
pub mod ai;
pub mod api;
pub mod app;
pub mod artefacts;
pub mod background;
pub mod cache;
pub mod chat;
pub mod clock;
pub mod config;
pub mod datasets;
pub mod db;
pub mod error;
pub mod events;
pub mod graphql;
pub mod health;
pub mod http;
pub mod id;
pub mod idempotency;
pub mod jobs;
pub mod keyring;
pub mod learning;
pub mod legislation;
pub mod limiter;
pub mod linguistics;
pub mod logs;
pub mod mail;
pub mod media;
pub mod models;
pub mod notebooks;
pub mod oidc;
pub mod pages;
pub mod predictions;
pub mod presence;
pub mod processing;
pub mod redis;
pub mod remote;
pub mod seal;
pub mod search;
pub mod storage;
pub mod streams;
pub mod telemetry;
pub mod text;
pub mod transcripts;
pub mod uses;
pub mod validate;
pub mod viewer;
pub mod work;
pub mod workshop;
