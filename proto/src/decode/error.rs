//! Why bytes are no batch.

use core::fmt;

/// Why bytes are no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It ends inside the named part.
    Truncated(&'static str),
    /// Written in a format this side does not read.
    Version(u8),
    /// Not the protobuf that an ack is.
    Protobuf,
    /// Not raw DEFLATE.
    Inflate,
    /// More than this side is willing to read.
    Limit {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// The named part contradicts the rest.
    Invalid(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated(part) => write!(f, "truncated: it ends inside the {part}"),
            Self::Version(version) => write!(f, "format version {version} is not known"),
            Self::Protobuf => f.write_str("the answer is not the expected protobuf"),
            Self::Inflate => f.write_str("the body is not raw DEFLATE"),
            Self::Limit { what, limit } => write!(f, "more than {limit} {what}"),
            Self::Invalid(part) => write!(f, "invalid {part}"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// Refuses what is more than `limit`.
pub(super) fn within(what: &'static str, count: usize, limit: usize) -> Result<(), DecodeError> {
    if count > limit { Err(DecodeError::Limit { what, limit }) } else { Ok(()) }
}
