//! Heads of requests, at both doors.
//! Run: `cargo xtask fuzz --target head`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::head(bytes));
