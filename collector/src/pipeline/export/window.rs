//! How many requests may be under way to a destination: few, fewer when it fails, and slowly more when it recovers.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// Requests to one destination. A backlog never widens it.
#[derive(Debug)]
pub(super) struct Window {
    most: u32,
    now: AtomicU32,
    /// Failures since it last took something.
    failures: AtomicU32,
    probe: Mutex<()>,
}

/// So many failures in a row open the breaker: from then on one request at a time asks whether it is over.
const OPENS_AT: u32 = 5;

impl Window {
    pub(super) fn new(most: u32) -> Self {
        Self { most, now: AtomicU32::new(1), failures: AtomicU32::new(0), probe: Mutex::new(()) }
    }

    /// Requests that may be under way.
    pub(super) fn size(&self) -> usize {
        self.now.load(Ordering::Relaxed) as usize
    }

    /// Whether it fails so often that only one request at a time is tried.
    pub(super) fn is_open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= OPENS_AT
    }

    /// The right to try: at once, but with an open breaker only after whoever tries already.
    pub(super) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is_open() { Some(self.probe.lock().await) } else { None }
    }

    /// It took something.
    pub(super) fn took(&self) {
        self.failures.store(0, Ordering::Relaxed);
        let now = self.now.load(Ordering::Relaxed);
        self.now.store((now + 1).min(self.most), Ordering::Relaxed);
    }

    /// It failed.
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.now.store(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_that_fails_gets_one_request_at_a_time_and_more_only_as_it_takes_them() {
        let window = Window::new(4);
        assert_eq!(window.size(), 1);
        (0..10).for_each(|_| window.took());
        assert_eq!(window.size(), 4);
        (0..OPENS_AT).for_each(|_| window.failed());
        assert_eq!(window.size(), 1);
        assert!(window.is_open());
        window.took();
        assert!(!window.is_open());
        assert_eq!(window.size(), 2);
    }
}
