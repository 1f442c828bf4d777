//! DEFLATE behind the dictionary. Run: `cargo xtask fuzz --target inflate`.

#![no_main]

#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| targets::inflated(bytes));
