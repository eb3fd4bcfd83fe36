//! Pluma.
