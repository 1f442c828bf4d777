//! Which event numbers of which page are taken: the reason why a retry counts once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{intervals::Intervals, record::PageClaim};

/// Numbers taken, per key and page. Owned by the writer alone.
#[derive(Debug)]
pub(crate) struct Claims {
    pages: HashMap<Page, Taken>,
    /// Pages by when they were last used, oldest first.
    by_use: BTreeMap<u64, Page>,
    uses: u64,
    most_pages: usize,
    forgotten: u64,
}

type Page = (Arc<str>, [u8; 16]);

#[derive(Debug, Default)]
struct Taken {
    numbers: Intervals,
    used: u64,
}

/// Intervals remembered of one page. A page whose events are sampled has gaps everywhere; retries are of its latest.
const MAX_PIECES: usize = 4096;

impl Claims {
    pub(crate) fn new(most_pages: usize) -> Self {
        Self { pages: HashMap::new(), by_use: BTreeMap::new(), uses: 0, most_pages, forgotten: 0 }
    }

    /// Takes those of `numbers` that nobody has taken, and says which they are.
    pub(crate) fn take(&mut self, owner: &Arc<str>, page: [u8; 16], numbers: &Intervals) -> Intervals {
        let key = (Arc::clone(owner), page);
        let taken = self.pages.entry(key.clone()).or_default();
        let new = numbers.minus(&taken.numbers);
        taken.numbers.add(&new);
        self.forgotten += taken.numbers.forget_lowest(MAX_PIECES);
        self.by_use.remove(&taken.used);
        self.uses += 1;
        taken.used = self.uses;
        self.by_use.insert(self.uses, key);
        self.forget_oldest();
        new
    }

    /// Undoes [`Self::take`]: what it gave did not become durable.
    pub(crate) fn give_back(&mut self, owner: &Arc<str>, page: [u8; 16], numbers: &Intervals) {
        if let Some(taken) = self.pages.get_mut(&(Arc::clone(owner), page)) {
            taken.numbers = taken.numbers.minus(numbers);
        }
    }

    /// Pages and event numbers that were forgotten to stay within bounds.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Everything taken, least recently used first, as it is written to the head of each segment.
    pub(crate) fn all(&self) -> impl Iterator<Item = PageClaim> + '_ {
        self.by_use.values().filter_map(|page| {
            let taken = self.pages.get(page)?;
            Some(PageClaim {
                owner: page.0.to_string(),
                page: page.1.to_vec(),
                taken: taken.numbers.to_wire(),
            })
        })
    }

    /// Adds what a segment's head remembers.
    pub(crate) fn restore(&mut self, claim: &PageClaim) {
        if let Ok(page) = <[u8; 16]>::try_from(claim.page.as_slice()) {
            self.take(&claim.owner.as_str().into(), page, &Intervals::from_wire(&claim.taken));
        }
    }

    fn forget_oldest(&mut self) {
        while self.pages.len() > self.most_pages {
            let Some((_, page)) = self.by_use.pop_first() else { return };
            self.pages.remove(&page);
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn overlapping_batches_take_every_number_once(
            batches in prop::collection::vec((0u8..3, 0u64..60, 1u64..20, any::<bool>()), 1..40)
        ) {
            let owner: Arc<str> = "shop/web".into();
            let mut claims = Claims::new(10);
            let mut naive: HashMap<u8, BTreeSet<u64>> = HashMap::new();
            for (page, from, length, durable) in batches {
                let wanted: BTreeSet<u64> = (from..from + length).collect();
                let taken = naive.entry(page).or_default();
                let expected: BTreeSet<u64> = &wanted - taken;
                let numbers = Intervals::from_ascending(wanted.iter().copied());
                let new = claims.take(&owner, [page; 16], &numbers);
                prop_assert_eq!(&new, &Intervals::from_ascending(expected.iter().copied()));
                if durable {
                    taken.extend(expected);
                } else {
                    claims.give_back(&owner, [page; 16], &new);
                }
            }
        }
    }

    #[test]
    fn the_page_not_used_for_longest_is_forgotten_and_counted() {
        let owner: Arc<str> = "shop/web".into();
        let mut claims = Claims::new(2);
        let numbers = Intervals::from_ascending([1]);
        for page in [1, 2, 1, 3] {
            claims.take(&owner, [page; 16], &numbers);
        }
        assert_eq!(claims.forgotten(), 1);
        assert!(claims.take(&owner, [1; 16], &numbers).is_empty(), "page 1 was used after page 2");
        assert!(!claims.take(&owner, [2; 16], &numbers).is_empty());
    }
}
