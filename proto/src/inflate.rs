//! Inflates a body within a bound. For tools, tests and fuzzing: the collector uses zlib-rs.

use alloc::{borrow::Cow, vec::Vec};

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use crate::{decode::DecodeError, head::Form, limits};

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
    decompress_to_vec_with_limit(body, limits::MAX_BODY_BYTES).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => {
            DecodeError::Limit { what: "bytes of body", limit: limits::MAX_BODY_BYTES }
        }
        TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => DecodeError::Truncated("body"),
        _ => DecodeError::Inflate,
    })
}
