//! Whether what was refused may be sent again, and when.

use std::time::Duration;

use super::{Reject, TokenFault};

/// How long a client is asked to wait when the collector, not the client, is the reason.
const COME_BACK: Duration = Duration::from_secs(5);

impl Reject {
    /// When to come back, for those refusals that time alone will cure.
    #[must_use]
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Limited { wait, .. } | Self::Blocked { wait, .. } => Some(*wait),
            Self::SpoolFull
            | Self::SpoolBusy
            | Self::SpoolFailing
            | Self::OutOfMemory
            | Self::Draining
            | Self::AnswerTimeout(_) => Some(COME_BACK),
            _ => None,
        }
    }

    /// Whether the same bytes may be taken when they are sent again: they were damaged or delayed on the way, or the
    /// collector was the reason.
    #[must_use]
    pub(crate) fn may_pass_later(&self) -> bool {
        match self {
            Self::Token(fault) => *fault != TokenFault::NotMade,
            Self::Limited { .. }
            | Self::Blocked { .. }
            | Self::BodyTimeout(_)
            | Self::BodyBroken(_)
            | Self::Truncated(_)
            | Self::NotDeflate
            | Self::DigestMismatch
            | Self::BaseUnknown
            | Self::SpoolFull
            | Self::SpoolBusy
            | Self::SpoolFailing
            | Self::OutOfMemory
            | Self::Draining
            | Self::AnswerTimeout(_) => true,
            Self::NotFound
            | Self::NotForwarded
            | Self::MethodNotAllowed
            | Self::KeyMissing
            | Self::KeyUnknown
            | Self::KeyExpired
            | Self::ServerKeyForBatches
            | Self::BrowserKeyForOtlp
            | Self::OriginMissing
            | Self::OriginNotAllowed(_)
            | Self::OriginWithServerKey(_)
            | Self::ContentTypeUnknown(_)
            | Self::CodingUnknown(_)
            | Self::BodyTooLarge(_)
            | Self::InflatedTooLarge(_)
            | Self::NotABatch(_)
            | Self::NotAnErasure
            | Self::VersionUnknown(_)
            | Self::TooManyEvents(_)
            | Self::TooLarge { .. } => false,
        }
    }

    /// Whether it is sent too often.
    #[must_use]
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Self::Limited { .. } | Self::Blocked { .. })
    }
}
