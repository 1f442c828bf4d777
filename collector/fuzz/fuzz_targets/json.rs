//! Whatever a stranger posts as JSON: parsed, recorded, sealed, and read again.
//! Run: `cargo xtask fuzz --target json`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::json(bytes));
