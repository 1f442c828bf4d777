//! Conditions of rules.
//! Run: `cargo xtask fuzz --target where`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::condition(bytes));
