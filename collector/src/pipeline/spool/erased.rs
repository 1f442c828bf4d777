//! Sessions that were erased: nothing of them leaves any more, whether it came before or comes later. In memory, because
//! every record on its way to a destination is asked about; durable in the spool, and then beside the claims.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::record::{Kind, Record};
use crate::ledger::Owner;

/// A session that was erased.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Erasure {
    /// When that was said.
    pub(super) at_ms: u64,
    /// Where the record ends that says so.
    pub(super) place: u64,
    pub(super) owner: Owner,
    pub(super) session: [u8; 16],
}

impl Erasure {
    /// What `record` says was erased, if it says so.
    pub(super) fn of(record: &Record, owner: &Owner, place: u64) -> Option<Self> {
        let session = (record.kind() == Kind::Erased).then(|| record.erased.as_slice().try_into().ok())??;
        Some(Self { at_ms: record.receive_time_ms, place, owner: owner.clone(), session })
    }
}

/// All that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Erased {
    known: RwLock<Known>,
    /// How many are known, and how many ever were since the start: cheap to ask.
    count: AtomicU64,
    version: AtomicU64,
    forgotten: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<Owner, HashMap<[u8; 16], u64>>,
    by_age: BTreeMap<(u64, u64, Owner, [u8; 16]), ()>,
    /// Forgotten here, and not yet in the store.
    gone: Vec<Erasure>,
}

/// Erasures remembered: some 10 MB. Beyond that the oldest are forgotten, and counted.
const MOST: usize = 50_000;

impl Erased {
    /// Nothing of this session leaves from now on.
    pub(super) fn add(&self, erasure: &Erasure) {
        let Erasure { at_ms, place, owner, session } = erasure.clone();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match known.sessions.entry(owner.clone()).or_default().entry(session) {
            Entry::Occupied(_) => return,
            Entry::Vacant(free) => free.insert(place),
        };
        known.by_age.insert((at_ms, place, owner, session), ());
        if known.by_age.len() > MOST {
            known.forget_oldest();
            self.forgotten.fetch_add(1, Ordering::Relaxed);
        }
        self.count.store(known.by_age.len() as u64, Ordering::Relaxed);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Whether nothing of this session may leave.
    pub(crate) fn contains(&self, owner: &Owner, session: &[u8; 16]) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.sessions.get(owner).is_some_and(|sessions| sessions.contains_key(session))
    }

    /// Whether nothing was erased at all: mostly so, and cheap to ask.
    pub(crate) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Whether anything of `owner` was erased.
    pub(crate) fn has_any(&self, owner: &Owner) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).sessions.contains_key(owner)
    }

    /// Changes with every erasure: who has looked needs not look again while it stays.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// How many were forgotten because there were too many.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::Relaxed)
    }

    /// How many are remembered.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Forgets what was said before `at_ms`, but nothing that a destination may still come to: the spool begins at
    /// `oldest`. Gives what the store need not know any more.
    pub(super) fn expire(&self, at_ms: u64, oldest: u64) -> Vec<Erasure> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        while known
            .by_age
            .first_key_value()
            .is_some_and(|((at, place, ..), ())| *at < at_ms && *place <= oldest)
        {
            known.forget_oldest();
        }
        self.count.store(known.by_age.len() as u64, Ordering::Relaxed);
        std::mem::take(&mut known.gone)
    }
}

impl Known {
    fn forget_oldest(&mut self) {
        let Some(((at_ms, place, owner, session), ())) = self.by_age.pop_first() else { return };
        if let Entry::Occupied(mut sessions) = self.sessions.entry(owner.clone()) {
            sessions.get_mut().remove(&session);
            if sessions.get().is_empty() {
                sessions.remove();
            }
        }
        self.gone.push(Erasure { at_ms, place, owner, session });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasure(at_ms: u64, place: u64, session: u64) -> Erasure {
        let session = u128::from(session).to_be_bytes();
        Erasure { at_ms, place, owner: Owner::new("web", "shop"), session }
    }

    #[test]
    fn a_session_is_erased_for_the_key_that_said_so_and_for_no_other() {
        let erased = Erased::default();
        assert!(!erased.has_any(&Owner::new("web", "shop")));
        let before = erased.version();
        erased.add(&erasure(1, 1, 7));
        assert_ne!(erased.version(), before);
        assert!(erased.contains(&Owner::new("web", "shop"), &7_u128.to_be_bytes()));
        assert!(!erased.contains(&Owner::new("web", "shop"), &8_u128.to_be_bytes()));
        assert!(!erased.contains(&Owner::new("other", "shop"), &7_u128.to_be_bytes()));
        assert!(!erased.has_any(&Owner::new("web", "other")));
    }

    #[test]
    fn what_is_old_is_forgotten_once_no_destination_can_come_to_it() {
        let erased = Erased::default();
        (0..3).for_each(|n| erased.add(&erasure(n * 10, n * 100, n)));
        assert_eq!(erased.expire(15, 50), [erasure(0, 0, 0)], "the second lies in the spool still");
        assert_eq!(erased.expire(15, 100), [erasure(10, 100, 1)]);
        assert_eq!(erased.expire(15, 1_000), []);
        assert_eq!((erased.count(), erased.forgotten()), (1, 0));
    }

    #[test]
    fn beyond_the_bound_the_oldest_is_forgotten_and_counted() {
        let erased = Erased::default();
        (0..=MOST as u64).for_each(|n| erased.add(&erasure(n, n, n)));
        assert_eq!((erased.count(), erased.forgotten()), (MOST as u64, 1));
        assert_eq!(erased.expire(0, 0), [erasure(0, 0, 0)], "so that the store forgets it too");
        erased.add(&erasure(9, 9, MOST as u64));
        assert_eq!(erased.count(), MOST as u64, "it was known");
    }
}
