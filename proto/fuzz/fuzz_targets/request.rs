//! Whatever a stranger posts: head, inflate, decode. What decodes encodes again to something that decodes to the same.
//! Run: `RUSTC_BOOTSTRAP=1 cargo fuzz run request` in `proto/`.

#![no_main]

#[path = "../../tests/told/mod.rs"]
mod told;

use libfuzzer_sys::fuzz_target;
use weft_proto::{Base, DecodeError, Form, Head, base::MAX_BASE_BYTES, decode, encode, inflate};

fuzz_target!(|bytes: &[u8]| {
    // Without a head, so that the fuzzer need not find one first.
    if let Ok(batch) = decode(bytes) {
        match decode(&encode(&batch)) {
            Ok(again) => assert_eq!(told::told(&again), told::told(&batch)),
            // Our encoder may need a few bytes more than whoever wrote this.
            Err(DecodeError::Limit { what: "bytes of body", .. }) => {}
            Err(error) => panic!("what decoded once does not decode again: {error}"),
        }
    }
    if let Ok((head, body)) = Head::read(bytes) {
        let body = if head.form == Form::Behind { Base::read(head.number, body).map(|(_, body)| body) } else { Ok(body) };
        // Whatever comes is behind itself too.
        if let Ok(body) = body.and_then(|body| inflate(head.form, bytes.get(..MAX_BASE_BYTES).unwrap_or(bytes), body)) {
            let _ = decode(&body);
        }
    }
});
