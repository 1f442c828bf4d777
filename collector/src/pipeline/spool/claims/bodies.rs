//! Bodies of requests that have no event numbers: whoever sends the same again within a quarter of an hour is told
//! that it is durable.

use std::collections::{HashMap, VecDeque};

use crate::pipeline::spool::segments::BODIES_MS;

/// Hashes of bodies, and when they were received.
#[derive(Debug, Default)]
pub(in crate::pipeline::spool) struct Bodies {
    known: HashMap<u128, u64>,
    by_age: VecDeque<(u64, u128)>,
    forgotten: u64,
}

/// About 40 MB; six hundred requests a second for as long as they are told apart.
const MOST: usize = 500_000;

impl Bodies {
    /// Whether nobody has sent this.
    pub(in crate::pipeline::spool) fn take(&mut self, hash: u128, at_ms: u64) -> bool {
        self.forget(at_ms);
        if self.known.contains_key(&hash) {
            return false;
        }
        self.known.insert(hash, at_ms);
        self.by_age.push_back((at_ms, hash));
        true
    }

    /// Undoes [`Self::take`].
    pub(in crate::pipeline::spool) fn give_back(&mut self, hash: u128) {
        self.known.remove(&hash);
    }

    /// Bodies forgotten before their time.
    pub(in crate::pipeline::spool) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn forget(&mut self, now_ms: u64) {
        while let Some((at_ms, hash)) = self.by_age.front().copied() {
            let is_young = at_ms.saturating_add(BODIES_MS) > now_ms;
            if is_young && self.by_age.len() < MOST {
                return;
            }
            self.by_age.pop_front();
            // It may have been given back, and taken again since.
            if self.known.get(&hash) == Some(&at_ms) {
                self.known.remove(&hash);
                self.forgotten += u64::from(is_young);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_known_for_a_quarter_of_an_hour_and_no_longer() {
        let mut bodies = Bodies::default();
        assert!(bodies.take(1, 0));
        assert!(!bodies.take(1, BODIES_MS - 1));
        assert!(bodies.take(1, BODIES_MS));
        bodies.give_back(1);
        assert!(bodies.take(1, BODIES_MS + 1), "what did not become durable is wanted again");
        assert_eq!(bodies.forgotten(), 0);
    }

    #[test]
    fn more_bodies_than_are_remembered_are_counted() {
        let mut bodies = Bodies::default();
        (0..MOST as u128 + 10).for_each(|hash| assert!(bodies.take(hash, 5)));
        assert!(bodies.known.len() <= MOST);
        assert_eq!(bodies.forgotten(), 10);
    }
}
