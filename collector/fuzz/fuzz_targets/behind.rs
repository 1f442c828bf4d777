//! Whatever a stranger posts behind earlier bodies, whatever these are: named, inflated, decoded, and made to stand alone.
//! Run: `cargo xtask fuzz --target behind`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::behind(bytes));
