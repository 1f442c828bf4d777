//! Events that were numbered in a page and have not come: lost, or still on their way.

use prost::Message;
use serde::Serialize;

/// What is missing of a key's pages.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Message)]
pub struct Gaps {
    /// Numbers below a page's highest that have not come and still may.
    #[prost(uint64, tag = "1")]
    pub not_seen_yet: u64,
    /// Numbers that had not come when their page was forgotten.
    #[prost(uint64, tag = "2")]
    pub lost_in_browser: u64,
}

impl Gaps {
    pub(crate) fn to_row(self) -> Vec<u8> {
        self.encode_to_vec()
    }

    pub(crate) fn from_row(row: &[u8]) -> Option<Self> {
        Self::decode(row).ok()
    }
}
