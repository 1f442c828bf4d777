//! What the fuzz targets do with bytes; an ordinary test does the same with the seeds.

#[path = "../tests/told/mod.rs"]
mod told;

use std::borrow::Cow;

use weft_proto::{
    Base, DecodeError, Form, Head, base::MAX_BASE_BYTES, decode, deflate_behind, encode, inflate,
    limits::MAX_BODY_BYTES,
};

/// Its name, and what it does with bytes.
#[allow(dead_code, reason = "as ALL")]
type Target = (&'static str, fn(&[u8]));

/// By the names of the targets.
#[allow(dead_code, reason = "each target is one of them, and the test all")]
pub(crate) const ALL: [Target; 4] =
    [("batch", batch), ("deflate", deflated), ("inflate", inflated), ("request", request)];

/// The plain form of a batch. What decodes encodes again to something that decodes to the same.
pub(crate) fn batch(bytes: &[u8]) {
    let Ok(batch) = decode(bytes) else { return };
    match decode(&encode(&batch)) {
        Ok(again) => assert_eq!(told::told(&again), told::told(&batch)),
        // Our encoder may need a few bytes more than whoever wrote this.
        Err(DecodeError::Limit { what: "bytes of body", .. }) => {}
        Err(error) => panic!("what decoded once does not decode again: {error}"),
    }
}

/// DEFLATE behind the dictionary, and behind earlier bodies: a first part of `bytes` is those.
pub(crate) fn inflated(bytes: &[u8]) {
    let Some((earlier, rest)) = parts(bytes) else { return };
    for (form, earlier) in [(Form::Deflate, &[][..]), (Form::Behind, earlier)] {
        if let Ok(body) = inflate(form, earlier, rest) {
            assert!(body.len() <= MAX_BODY_BYTES);
        }
    }
}

/// What our own encoder makes of bytes behind others comes back as it was. Nobody else's bytes are read; it takes a hundred times as
/// long as reading, so it is a target by itself.
pub(crate) fn deflated(bytes: &[u8]) {
    let Some((earlier, rest)) = parts(bytes) else { return };
    for (form, earlier) in [(Form::Deflate, &[][..]), (Form::Behind, earlier)] {
        let back = inflate(form, earlier, &deflate_behind(earlier, rest)).map(Cow::into_owned);
        assert_eq!(back.as_deref(), Ok(rest), "behind {} bytes", earlier.len());
    }
}

/// The first byte says how long the first part of the others is.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (at, bytes) = bytes.split_first()?;
    Some(bytes.split_at(usize::from(*at).min(bytes.len())))
}

/// Whatever a page posts: head, base, inflate, decode. Whatever comes is behind itself too.
pub(crate) fn request(bytes: &[u8]) {
    let Ok((head, body)) = Head::read(bytes) else { return };
    let body = if head.form == Form::Behind {
        Base::read(head.number, body).map(|(_, body)| body)
    } else {
        Ok(body)
    };
    let earlier = bytes.get(..MAX_BASE_BYTES).unwrap_or(bytes);
    if let Ok(body) = body.and_then(|body| inflate(head.form, earlier, body)) {
        batch(&body);
    }
}
