//! How long the last requests took, each of them: so few that a change is seen soon.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The last of them.
#[derive(Debug, Default)]
pub(super) struct Lately(Mutex<VecDeque<Duration>>);

/// How long they took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Took {
    pub(crate) requests: usize,
    /// So long at most half of them took.
    pub(crate) p50: Duration,
    /// So long at most 95 of a hundred.
    pub(crate) p95: Duration,
}

/// Requests that are remembered.
const MOST: usize = 100;

impl Lately {
    pub(super) fn add(&self, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back(took);
    }

    /// `None`: there was no request yet.
    pub(super) fn took(&self) -> Option<Took> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = all.iter().copied().collect();
        all.sort_unstable();
        let within = |percent: usize| all.get((all.len() * percent).div_ceil(100).max(1) - 1).copied();
        Some(Took { requests: all.len(), p50: within(50)?, p95: within(95)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_last_hundred_it_is_told_within_what_time_half_and_nearly_all_were_answered() {
        let (lately, ms) = (Lately::default(), Duration::from_millis);
        assert_eq!(lately.took(), None);
        lately.add(ms(7));
        assert_eq!(lately.took(), Some(Took { requests: 1, p50: ms(7), p95: ms(7) }));
        // Of a bad hour long ago nothing is left.
        (0..500).for_each(|_| lately.add(ms(60_000)));
        (1..=100).rev().for_each(|took| lately.add(ms(took)));
        assert_eq!(lately.took(), Some(Took { requests: 100, p50: ms(50), p95: ms(95) }));
    }
}
