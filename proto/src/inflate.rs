//! Inflates a body within a bound. For tools, tests and fuzzing: the collector uses zlib-rs.

use alloc::{borrow::Cow, vec::Vec};

use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF},
};

use crate::{decode::DecodeError, dictionary::DICTIONARY, head::Form, limits};

/// The plain form of a body.
///
/// # Errors
/// [`DecodeError::Limit`], [`DecodeError::Truncated`] or [`DecodeError::Inflate`].
pub fn inflate(form: Form, body: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    match form {
        Form::Plain => Ok(Cow::Borrowed(body)),
        Form::Deflate => deflated(body).map(Cow::Owned),
    }
}

fn deflated(body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let known = DICTIONARY.len();
    let mut out = DICTIONARY.to_vec();
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
