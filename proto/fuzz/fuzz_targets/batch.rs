//! The plain form of a batch. Run: `cargo xtask fuzz --target batch`.

#![no_main]

#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| targets::batch(bytes));
