//! Attacks: what must not work, tried.

mod brute_force;
mod tokens;
