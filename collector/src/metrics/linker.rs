//! What the linker finds, and how much it remembers.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::pipeline::link::How;

/// Counts of the linker.
#[derive(Debug, Default)]
pub(crate) struct LinkerMeters {
    /// Links by rule.
    links: Mutex<BTreeMap<Arc<str>, u64>>,
    /// Links to what came after.
    late: AtomicU64,
    /// Links to rendering traces that several pages claimed.
    withdrawn: AtomicU64,
    /// Values in the index.
    values: AtomicU64,
    /// Values forgotten to stay within the bound.
    forgotten: AtomicU64,
}

impl LinkerMeters {
    /// Links were found, or taken away: by which rule, and how.
    pub(crate) fn count<'a>(&self, found: impl Iterator<Item = (&'a Arc<str>, How)>) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        for (rule, how) in found {
            if how == How::Withdrawn {
                self.withdrawn.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            *links.entry(Arc::clone(rule)).or_default() += 1;
            self.late.fetch_add(u64::from(how == How::Late), Ordering::Relaxed);
        }
    }

    /// Values in the index, and how many were forgotten.
    pub(crate) fn sizes(&self, (values, forgotten): (u64, u64)) {
        self.values.store(values, Ordering::Relaxed);
        self.forgotten.store(forgotten, Ordering::Relaxed);
    }

    pub(super) fn links(&self) -> BTreeMap<Arc<str>, u64> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    pub(super) fn withdrawn(&self) -> u64 {
        self.withdrawn.load(Ordering::Relaxed)
    }

    pub(super) fn values(&self) -> u64 {
        self.values.load(Ordering::Relaxed)
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::Relaxed)
    }
}
