//! Tokens of pages, from strangers: read, and refused.
//! Run: `cargo xtask fuzz --target token`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::token(bytes));
