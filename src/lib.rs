//! Pluma.

pub mod config;
