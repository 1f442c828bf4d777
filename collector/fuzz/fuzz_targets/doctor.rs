//! Whatever an API answers that `weft doctor` asks: headers and markup.
//! Run: `cargo xtask fuzz --target doctor`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::doctor(bytes));
