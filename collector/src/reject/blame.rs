//! How much a refusal speaks against who sent what was refused.

use super::{Limit, Reject, TokenFault};

/// What no SDK sends: whoever does that is no page.
const NO_PAGE: u32 = 10;

impl Reject {
    /// How many refusals it counts as, of those after which an address is blocked. 0: the sender can do nothing about it.
    #[must_use]
    pub(crate) fn blame(&self) -> u32 {
        match self {
            Self::NotABatch(_)
            | Self::NotDeflate
            | Self::Truncated(_)
            | Self::DigestMismatch
            | Self::BodyTooLarge(_)
            | Self::InflatedTooLarge(_)
            | Self::TooManyEvents(_)
            | Self::TooLarge { .. }
            | Self::KeyUnknown
            | Self::ServerKeyForBatches
            | Self::Token(TokenFault::Invalid(_)) => NO_PAGE,
            Self::Limited { by, .. } => match by {
                Limit::WrongKeys | Limit::Address | Limit::NewPages | Limit::Page | Limit::PageBytes => 1,
                // All who send have used these up together.
                Limit::Key | Limit::All => 0,
            },
            Self::KeyMissing
            | Self::OriginMissing
            | Self::OriginNotAllowed(_)
            | Self::BodyTimeout(_)
            | Self::BodyBroken(_)
            | Self::NotAnErasure
            | Self::VersionUnknown(_)
            | Self::Token(TokenFault::Missing) => 1,
            _ => 0,
        }
    }
}
