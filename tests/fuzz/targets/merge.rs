//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz merge`

#![no_main]

#[path = "../harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::merge(data));
