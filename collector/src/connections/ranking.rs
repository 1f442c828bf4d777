//! A table with a bound: who is counted most stays, so that a flood of what comes once pushes out nobody but itself.

use std::{cmp::Reverse, collections::HashMap, hash::Hash};

use super::latency::Latency;

/// Rows by what they are of.
#[derive(Debug)]
pub(super) struct Ranking<K> {
    rows: HashMap<K, Tally>,
    most: usize,
    /// Counts of rows that there was no room for.
    pub(super) not_shown: u64,
}

/// What is counted of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) errors: u64,
    pub(super) last_ms: u64,
    /// The trace that was counted last.
    pub(super) trace_id: [u8; 16],
    /// By what it was met.
    pub(super) by: [u64; 4],
    /// How long it took whoever asked, and whoever served.
    pub(super) took: [Latency; 2],
}

/// Longer than that nobody has seen it: it goes before what is seen now.
const STALE_MS: u64 = 24 * 60 * 60 * 1_000;

impl<K: Clone + Eq + Hash> Ranking<K> {
    pub(super) fn new(most: usize) -> Self {
        Self { rows: HashMap::new(), most, not_shown: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Counts one more of this row.
    pub(super) fn count(&mut self, of: K, now_ms: u64, trace_id: [u8; 16], is_error: bool) -> &mut Tally {
        if self.rows.len() >= self.most && !self.rows.contains_key(&of) {
            self.make_room(now_ms);
        }
        let row = self.rows.entry(of).or_default();
        row.count += 1;
        row.errors += u64::from(is_error);
        row.last_ms = row.last_ms.max(now_ms);
        row.trace_id = trace_id;
        row
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.rows.keys()
    }

    /// The highest count first.
    pub(super) fn sorted(&self) -> Vec<(&K, &Tally)> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(_, row)| Reverse((row.count, row.last_ms)));
        rows
    }

    /// An eighth goes at once: to look for one each time would cost as much for every stranger's row.
    fn make_room(&mut self, now_ms: u64) {
        let rank = |row: &Tally| {
            let is_stale = row.last_ms + STALE_MS < now_ms;
            (if is_stale { 0 } else { row.count }, row.last_ms)
        };
        let mut all: Vec<_> = self.rows.iter().map(|(key, row)| (rank(row), key.clone())).collect();
        let goes = all.len().div_ceil(8);
        if goes < all.len() {
            all.select_nth_unstable_by_key(goes, |(rank, _)| *rank);
        }
        for (_, key) in all.into_iter().take(goes) {
            self.not_shown += self.rows.remove(&key).map_or(0, |row| row.count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_rows_that_come_once_push_out_none_that_comes_twice() {
        let mut ranking = Ranking::new(1_000);
        for number in 0..100 {
            ranking.count(number, 0, [0; 16], false);
            ranking.count(number, 0, [0; 16], true);
        }
        for number in 1_000..1_001_000 {
            ranking.count(number, 1, [0; 16], false);
            assert!(ranking.len() <= 1_000);
        }
        let first: Vec<_> = ranking.sorted().into_iter().take(101).collect();
        assert!(first[..100].iter().all(|(number, row)| **number < 100 && row.count == 2 && row.errors == 1));
        assert_eq!(first[100].1.count, 1);
        let shown: u64 = ranking.sorted().iter().map(|(_, row)| row.count).sum();
        assert_eq!(shown + ranking.not_shown, 200 + 1_000_000);
        for number in 1_000..3_000 {
            ranking.count(number, 2 * STALE_MS, [0; 16], false);
        }
        assert!(
            ranking.sorted().iter().all(|(number, _)| **number >= 1_000),
            "nobody has seen those for a day"
        );
    }
}
