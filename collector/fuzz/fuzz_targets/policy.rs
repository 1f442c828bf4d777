//! Policies, as a page reads them, and what a page does by them.
//! Run: `cargo xtask fuzz --target policy`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::policy(bytes));
