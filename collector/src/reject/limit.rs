//! Limits on how often and how much somebody may send.

use crate::outcome::Outcome;

/// Which limit it is, from narrow to wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Keys that do not exist, tried from one address.
    WrongKeys,
    /// Requests of one address.
    Address,
    /// Pages of one address that were not heard of before.
    NewPages,
    /// Requests of one page.
    Page,
    /// Bytes of one page and day.
    PageBytes,
    /// Requests with one key.
    Key,
    /// Requests of everybody.
    All,
}

impl Limit {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::WrongKeys => Outcome::WrongKeys,
            Self::Address => Outcome::AddressLimited,
            Self::NewPages => Outcome::NewPagesLimited,
            Self::Page => Outcome::PageLimited,
            Self::PageBytes => Outcome::PageOverBudget,
            Self::Key => Outcome::RateLimited,
            Self::All => Outcome::CollectorLimited,
        }
    }

    /// What the client should change.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::WrongKeys => {
                "Too many keys that do not exist were tried from this address: check the key, and wait as long as Retry-After says."
            }
            Self::Address => {
                "Too many requests from this address: wait as long as Retry-After says, or raise rates.address_per_second and rates.address_burst. If many people share it because they come through a proxy of yours, list that in limits.trusted_proxies."
            }
            Self::NewPages => {
                "Too many new pages from this address: wait as long as Retry-After says, or raise rates.new_pages_per_second and rates.new_pages_burst."
            }
            Self::Page => {
                "Too many requests of this page: wait as long as Retry-After says, or raise rates.page_per_second and rates.page_burst."
            }
            Self::PageBytes => {
                "This page has sent as much as a page may in one day: wait as long as Retry-After says, or raise rates.page_mib_a_day."
            }
            Self::Key => {
                "Too many requests with this key: wait as long as Retry-After says, or raise requests_per_second and burst of the key."
            }
            Self::All => {
                "Too many requests: wait as long as Retry-After says, or raise rates.per_second and rates.burst if the machine can take more."
            }
        }
    }
}
