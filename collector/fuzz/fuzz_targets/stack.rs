//! What a page says of where an error was thrown, looked up in a source map.
//! Run: `cargo xtask fuzz --target stack`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::stack(bytes));
