//! Pluma.
fn main() {}
