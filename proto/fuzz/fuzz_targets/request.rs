//! Whatever a stranger posts: head, base, inflate, decode. Run: `cargo xtask fuzz --target request`.

#![no_main]

#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| targets::request(bytes));
