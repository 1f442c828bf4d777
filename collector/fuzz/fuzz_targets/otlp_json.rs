//! OTLP in JSON from whoever has a server key: read in one pass, and the protobuf of it is read by prost.
//! Run: `cargo xtask fuzz --target otlp_json`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weft_collector::fuzzed::otlp_json(bytes));
