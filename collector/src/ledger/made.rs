//! What the collector makes itself: a closed list, as outcomes are.

use serde::Serialize;

/// What an event says that nobody sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// That a long span has begun.
    Announcement,
    /// That the end of a long span is not waited for any more.
    Closure,
}

impl Made {
    /// The name in the ledger, in metrics and in docs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Announcement => "announcement",
            Self::Closure => "closure",
        }
    }
}
