//! Attacks: what must not work, tried.

mod tokens;
