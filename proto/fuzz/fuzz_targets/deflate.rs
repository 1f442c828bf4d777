//! What our own encoder makes, back again. Run: `cargo xtask fuzz --target deflate`.

#![no_main]

#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| targets::deflated(bytes));
