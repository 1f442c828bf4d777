//! All behind one address.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::super::bucket::{Bucket, Plain};
use crate::{
    clock::Clock,
    config::{Rate, Rates},
};

/// Who sends from one address.
pub(super) struct Neighbours {
    pub(super) bucket: Bucket,
    pub(super) new_pages: Plain,
    failures: Plain,
    tries: Mutex<Tries>,
    /// Whether pages have sent from here that were here before.
    have_pages: AtomicBool,
}

/// Keys that were tried from an address.
#[derive(Default)]
struct Tries {
    /// Whoever guesses waits until then.
    barred_until: Duration,
    /// Secret keys that were right: these go on.
    right: Vec<Arc<str>>,
}

/// Wrong keys of one address: a typing mistake takes few, and guessing many.
const FAILURES: Rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(30).unwrap() };

/// How long whoever has used these up is turned away.
const BARRED: Duration = Duration::from_secs(60);

/// Secret keys of one address that are remembered to be right.
const RIGHT: usize = 16;

impl Neighbours {
    pub(super) fn new(rates: &Rates, clock: &Clock) -> Self {
        Self {
            bucket: Bucket::new(rates.address, clock),
            new_pages: Plain::new(rates.new_pages, clock),
            failures: Plain::new(FAILURES, clock),
            tries: Mutex::default(),
            have_pages: AtomicBool::new(false),
        }
    }

    /// A page among them was here before.
    pub(super) fn have_a_page(&self) {
        self.have_pages.store(true, Ordering::Relaxed);
    }

    pub(super) fn have_pages(&self) -> bool {
        self.have_pages.load(Ordering::Relaxed)
    }

    /// They have tried a wrong key. How long they wait before they may try another, after many.
    pub(super) fn have_failed(&self, now: Duration) -> Result<(), Duration> {
        let mut tries = self.tries();
        if tries.barred_until > now || self.failures.spend(now).is_err() {
            tries.barred_until = now + BARRED;
            return Err(BARRED);
        }
        Ok(())
    }

    /// They have tried a right one. How long they wait until they may know that.
    pub(super) fn have_succeeded(&self, key: &Arc<str>, now: Duration) -> Result<(), Duration> {
        let mut tries = self.tries();
        if tries.right.contains(key) {
            return Ok(());
        }
        if tries.barred_until > now {
            return Err(tries.barred_until - now);
        }
        if tries.right.len() < RIGHT {
            tries.right.push(Arc::clone(key));
        }
        Ok(())
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
