//! Pluma.

pub mod text;
