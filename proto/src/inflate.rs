//! Inflates a body within a bound. For tools, tests and fuzzing: the collector uses zlib-rs.

use alloc::{borrow::Cow, vec::Vec};

use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF},
};

use crate::{decode::DecodeError, dictionary::DICTIONARY, head::Form, limits};

/// The plain form of a body; `earlier`: what its base names, if it has one.
///
/// # Errors
/// [`DecodeError::Limit`], [`DecodeError::Truncated`] or [`DecodeError::Inflate`].
pub fn inflate<'a>(form: Form, earlier: &[u8], body: &'a [u8]) -> Result<Cow<'a, [u8]>, DecodeError> {
    match form {
        Form::Plain => Ok(Cow::Borrowed(body)),
        Form::Deflate => deflated(DICTIONARY.to_vec(), body).map(Cow::Owned),
        Form::Behind => deflated([DICTIONARY, earlier].concat(), body).map(Cow::Owned),
    }
}

fn deflated(mut out: Vec<u8>, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let known = out.len();
    out.resize(known + body.len().saturating_mul(8).clamp(4_096, limits::MAX_BODY_BYTES), 0);
    let (mut state, mut read, mut end) = (DecompressorOxide::new(), 0, known);
    loop {
        let rest = body.get(read..).unwrap_or_default();
        let (status, used, made) =
            decompress(&mut state, rest, &mut out, end, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF);
        read += used;
        end += made;
        match status {
            TINFLStatus::Done => return Ok(out.get(known..end).unwrap_or_default().to_vec()),
            TINFLStatus::HasMoreOutput if end - known >= limits::MAX_BODY_BYTES => {
                return Err(DecodeError::Limit { what: "bytes of body", limit: limits::MAX_BODY_BYTES });
            }
            TINFLStatus::HasMoreOutput => out.resize(known + limits::MAX_BODY_BYTES, 0),
            TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => {
                return Err(DecodeError::Truncated("body"));
            }
            _ => return Err(DecodeError::Inflate),
        }
    }
}
