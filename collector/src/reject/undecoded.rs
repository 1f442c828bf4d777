//! What is wrong with a batch, as a refusal.

use weft_proto::DecodeError;

use super::Reject;

impl From<DecodeError> for Reject {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Truncated(what) => Self::Truncated(what),
            DecodeError::Version(version) => Self::VersionUnknown(version),
            DecodeError::Limit { what: "events", limit } => Self::TooManyEvents(limit),
            DecodeError::Limit { what, limit } => Self::TooLarge { what, limit },
            DecodeError::Protobuf => Self::NotABatch("no valid protobuf".to_owned()),
            DecodeError::Inflate => Self::NotDeflate,
            DecodeError::Invalid(what) => Self::NotABatch(format!("invalid {what}")),
        }
    }
}
