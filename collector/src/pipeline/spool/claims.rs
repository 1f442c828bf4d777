//! Which event numbers of which page are taken: the reason why a retry counts once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{intervals::Intervals, record::PageClaim};
use crate::config;

/// Numbers taken, per key and page. Owned by the writer alone.
#[derive(Debug)]
pub(crate) struct Claims {
    pages: HashMap<Page, Taken>,
    /// Pages by when they were last used, oldest first.
    by_use: BTreeMap<u64, Page>,
    uses: u64,
    /// Intervals of all pages together.
    pieces: usize,
    most_pages: usize,
    most_pieces: usize,
    forgotten: u64,
}

type Page = (Arc<str>, [u8; 16]);

#[derive(Debug, Default)]
struct Taken {
    numbers: Intervals,
    used: u64,
}

/// Intervals remembered of one page: the gaps of a batch as the SDK seals them, if every other event is missing.
/// Retries are of the latest.
const MAX_PIECES: usize = 256;

impl Claims {
    pub(crate) fn new(settings: &config::Spool) -> Self {
        Self {
            pages: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
            pieces: 0,
            most_pages: settings.pages,
            most_pieces: settings.pieces,
            forgotten: 0,
        }
    }

    /// Takes those of `numbers` that nobody has taken, and says which they are.
    pub(crate) fn take(&mut self, owner: &Arc<str>, page: [u8; 16], numbers: &Intervals) -> Intervals {
        let key = (Arc::clone(owner), page);
        let taken = self.pages.entry(key.clone()).or_default();
        let new = numbers.minus(&taken.numbers);
        self.pieces -= taken.numbers.pieces();
        taken.numbers.add(&new);
        self.forgotten += taken.numbers.forget_lowest(MAX_PIECES.min(self.most_pieces));
        self.pieces += taken.numbers.pieces();
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
            self.pieces -= taken.numbers.pieces();
            taken.numbers = taken.numbers.minus(numbers);
            self.pieces += taken.numbers.pieces();
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
        while self.pages.len() > self.most_pages || self.pieces > self.most_pieces {
            let Some((_, page)) = self.by_use.pop_first() else { return };
            self.pieces -= self.pages.remove(&page).map_or(0, |taken| taken.numbers.pieces());
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;

    /// No claims yet, of so many pages and pieces at most.
    fn claims(pages: usize, pieces: usize) -> Claims {
        let config = config::Config::from_toml(config::TEN_LINES).unwrap();
        Claims::new(&config::Spool { pages, pieces, ..config.spool })
    }

    proptest! {
        #[test]
        fn overlapping_batches_take_every_number_once(
            batches in prop::collection::vec((0u8..3, 0u64..60, 1u64..20, any::<bool>()), 1..40)
        ) {
            let owner: Arc<str> = "shop/web".into();
            let mut claims = claims(10, 1000);
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
        let mut claims = claims(2, 1000);
        let numbers = Intervals::from_ascending([1]);
        for page in [1, 2, 1, 3] {
            claims.take(&owner, [page; 16], &numbers);
        }
        assert_eq!(claims.forgotten(), 1);
        assert!(claims.take(&owner, [1; 16], &numbers).is_empty(), "page 1 was used after page 2");
        assert!(!claims.take(&owner, [2; 16], &numbers).is_empty());
    }

    #[test]
    fn pages_full_of_gaps_take_no_more_than_all_pages_may_together() {
        let owner: Arc<str> = "shop/web".into();
        let mut claims = claims(1_000, 2_000);
        let even = Intervals::from_ascending((0..2_000).map(|number| number * 2));
        for page in 0..100 {
            claims.take(&owner, [page; 16], &even);
            if page % 3 == 0 {
                let lowest = Intervals::from_ascending((1_950..1_960).map(|number| number * 2));
                claims.give_back(&owner, [page; 16], &lowest);
            }
            let pieces: usize = claims.pages.values().map(|taken| taken.numbers.pieces()).sum();
            assert_eq!(pieces, claims.pieces);
            assert!(pieces <= 2_000, "{pieces}");
            assert_eq!(claims.pages.len(), claims.by_use.len());
        }
        assert!(claims.forgotten() > 90, "what was forgotten is counted");
        let latest = Intervals::from_ascending((1_900..2_000).map(|number| number * 2));
        assert!(claims.take(&owner, [98; 16], &latest).is_empty(), "the latest of a page stay");
    }
}
