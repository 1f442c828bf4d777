//! Whom the headers of proxies name.
//! Run: `cargo xtask fuzz --target forwarded`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::forwarded(bytes));
