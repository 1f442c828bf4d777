//! Which event numbers of which pages are missing: nothing is inferred across them.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{claims::Page, intervals::Intervals};

/// A page in four bytes. It is made of the page's seed, which nobody else knows; where two have the same, a link is missing
/// that could have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageTag(NonZeroU32);

/// Gaps of pages. Written by who claims numbers, which bounds how many there are; read by the linker.
#[derive(Debug, Default)]
pub(crate) struct Missing(Mutex<HashMap<PageTag, Intervals>>);

impl PageTag {
    pub(crate) fn of((owner, page): &Page) -> Self {
        Self::in_key(&owner.key, page)
    }

    /// A page of the key of this name.
    pub(crate) fn in_key(key: &str, page: &[u8]) -> Self {
        let hash = xxh3_64_with_seed(page, xxh3_64(key.as_bytes())) as u32;
        Self(NonZeroU32::new(hash).unwrap_or(NonZeroU32::MIN))
    }

    pub(crate) fn to_number(self) -> u32 {
        self.0.get()
    }

    /// `None`: zero stands for no page.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }
}

impl Missing {
    /// What is missing of a page, as far as is known.
    pub(crate) fn set(&self, page: PageTag, numbers: Intervals) {
        let mut pages = self.pages();
        if numbers.is_empty() {
            pages.remove(&page);
        } else {
            pages.insert(page, numbers);
        }
    }

    /// Whether any number of a page is missing that is greater than `after` and less than `before`.
    pub(crate) fn any(&self, page: PageTag, after: Option<u64>, before: u64) -> bool {
        let from = after.map_or(0, |after| after.saturating_add(1));
        self.pages().get(&page).is_some_and(|missing| missing.any_in(from..before))
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<PageTag, Intervals>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ledger::Owner;

    fn page(at: u8) -> PageTag {
        PageTag::of(&(Owner { key: Arc::from("shop-web"), application: Arc::from("shop") }, [at; 16]))
    }

    #[test]
    fn what_is_missing_lies_between_two_numbers_of_its_page_until_it_comes() {
        let missing = Missing::default();
        missing.set(page(1), Intervals::from_ascending([3, 4, 9]));
        assert!(missing.any(page(1), Some(2), 5) && missing.any(page(1), Some(3), 5));
        assert!(missing.any(page(1), None, 4) && missing.any(page(1), Some(8), u64::MAX));
        assert!(!missing.any(page(1), Some(4), 9) && !missing.any(page(1), None, 3));
        assert!(!missing.any(page(2), None, u64::MAX), "of another page");
        missing.set(page(1), Intervals::default());
        assert!(!missing.any(page(1), None, u64::MAX));
    }
}
