//! OTLP of strangers: inflated, looked through, and read by prost.
//! Run: `cargo xtask fuzz --target otlp`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::otlp(bytes));
