//! Claims of a week, on disk. Rows by page, and the same pages by day, so that old ones are found.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use fjall::{Database, Keyspace, OwnedWriteBatch, PersistMode};
use prost::Message;

use super::{Page, taken::Taken};
use crate::{
    embedded::{self, Embedded, number},
    ledger::{Gaps, Ledger, Owner},
    pipeline::spool::{erased::Erasure, record::Held},
};

/// The store could not be read or written.
pub(in crate::pipeline::spool) type StoreError = embedded::Error;

/// Durable claims.
pub(in crate::pipeline::spool) struct Store {
    db: Database,
    pages: Keyspace,
    days: Keyspace,
    about: Keyspace,
    /// What is committed, and the right to commit: expiring looks before it removes.
    state: Mutex<State>,
    /// Keys hashes of bodies.
    pub(in crate::pipeline::spool) seed: u64,
}

#[derive(Debug, Default)]
struct State {
    applied: u64,
    /// Rows by day before this one are gone. Looking for them again would take longer the more there were.
    expired: Vec<u8>,
    gaps: BTreeMap<Owner, Gaps>,
}

/// How rows are written. A store of another version is put aside.
const VERSION: u64 = 1;

const APPLIED: &[u8] = b"applied";
const HELD: &[u8] = b"held";
const GAPS: &[u8] = b"gaps/";
const ERASED: &[u8] = b"erased/";

/// How a row's key ends: a zero byte and the page's id.
const PAGE: usize = 17;

impl Store {
    /// Opens the store in `directory`. One that cannot be read is put aside, and another begun: what is in the spool
    /// is read again, what is older may be accepted twice.
    pub(in crate::pipeline::spool) fn open(directory: &Path) -> Result<Self, StoreError> {
        embedded::open_or_begin_anew(
            directory,
            || Self::open_as_it_is(directory),
            |error, aside| {
                tracing::error!(%error, aside = %aside.display(), "claims cannot be read: begun anew, the old ones are put aside");
            },
        )
    }

    fn open_as_it_is(directory: &Path) -> Result<Self, StoreError> {
        let store = Embedded::open(directory, VERSION)?;
        let (pages, days) = (store.keyspace("pages")?, store.keyspace("days")?);
        let Embedded { db, about, seed } = store;
        let applied = number(about.get(APPLIED)?).unwrap_or(0);
        let mut gaps = BTreeMap::new();
        for row in about.prefix(GAPS) {
            let (key, value) = row.into_inner()?;
            gaps.extend(key.strip_prefix(GAPS).and_then(owner).zip(Gaps::from_row(&value)));
        }
        Ok(Self {
            db,
            pages,
            days,
            about,
            state: Mutex::new(State { applied, expired: Vec::new(), gaps }),
            seed,
        })
    }

    /// Everything before this place of the spool is in the store.
    pub(in crate::pipeline::spool) fn applied(&self) -> u64 {
        self.state().applied
    }

    /// What is taken of `page`.
    pub(super) fn get(&self, page: &Page) -> Result<Taken, StoreError> {
        let row = self.pages.get(key(page))?;
        Ok(row.and_then(|row| Taken::from_row(&row)).unwrap_or_default())
    }

    /// What the newest segment held when this was last committed.
    pub(in crate::pipeline::spool) fn held(&self) -> Result<Option<Held>, StoreError> {
        Ok(self.about.get(HELD)?.and_then(|row| Held::decode(&*row).ok()))
    }

    /// Puts what has changed, at once: `held` says what is in it.
    pub(super) fn commit(
        &self,
        held: &Held,
        changes: &[(&Page, &Taken)],
        erased: &[Erasure],
        ledger: &Ledger,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let mut batch = self.db.batch();
        let mut touched = BTreeMap::<Owner, Gaps>::new();
        for (page, taken) in changes {
            let key = key(page);
            let (missing, before) = (taken.missing(), taken.stored.map_or(0, |(_, missing)| missing));
            if taken.stored.is_none_or(|(day, _)| day != taken.day) {
                if let Some((day, _)) = taken.stored {
                    batch.remove(&self.days, by_day(day, &key));
                }
                let row = by_day(taken.day, &key);
                if row < state.expired {
                    state.expired.clone_from(&row);
                }
                batch.insert(&self.days, row, []);
            }
            batch.insert(&self.pages, key, taken.to_row());
            if missing != before {
                let gaps = touched
                    .entry(page.0.clone())
                    .or_insert_with(|| state.gaps.get(&page.0).copied().unwrap_or_default());
                gaps.not_seen_yet = (gaps.not_seen_yet + missing).saturating_sub(before);
            }
        }
        self.put_erased(&mut batch, erased);
        batch.insert(&self.about, APPLIED, held.place.to_be_bytes());
        batch.insert(&self.about, HELD, held.encode_to_vec());
        self.put(batch, touched, &mut state, ledger)?;
        state.applied = held.place;
        Ok(())
    }

    fn put_erased(&self, batch: &mut OwnedWriteBatch, erased: &[Erasure]) {
        for erasure in erased {
            let Erasure { at_ms, place, .. } = erasure;
            let row = [at_ms.to_be_bytes(), place.to_be_bytes()].concat();
            batch.insert(&self.about, erased_key(erasure), row);
        }
    }

    /// Sessions that were erased.
    pub(in crate::pipeline::spool) fn erased(&self) -> Result<Vec<Erasure>, StoreError> {
        let rows = self.about.prefix(ERASED).map(|row| row.into_inner());
        rows.filter_map(|row| row.map(|(key, value)| erasure(&key, &value)).transpose()).collect()
    }

    /// These need not be known any more.
    pub(super) fn forget_erased(&self, erased: &[Erasure]) -> Result<(), StoreError> {
        let mut batch = self.db.batch();
        erased.iter().for_each(|erasure| batch.remove(&self.about, erased_key(erasure)));
        batch.commit()
    }

    /// Forgets at most `limit` pages not heard of since before `day`. What they miss is lost.
    pub(super) fn expire(&self, day: u32, limit: usize, ledger: &Ledger) -> Result<usize, StoreError> {
        let mut state = self.state();
        let mut batch = self.db.batch();
        let (mut expired, mut lost) = (0, BTreeMap::<Owner, u64>::new());
        let (from, to) = (state.expired.clone(), day.to_be_bytes().to_vec());
        for row in self.days.range(from.clone()..to.max(from)).take(limit) {
            let row = row.key()?;
            state.expired = row.to_vec();
            let Some((at, key)) = row.split_first_chunk::<4>() else { continue };
            expired += 1;
            batch.remove(&self.days, row.clone());
            let taken = self.pages.get(key)?.and_then(|row| Taken::from_row(&row));
            // A page that came back has a later day, under which it is found again.
            let Some(taken) = taken.filter(|taken| taken.day <= u32::from_be_bytes(*at)) else { continue };
            batch.remove(&self.pages, key);
            let names = key.len().checked_sub(PAGE).and_then(|end| key.get(..end));
            if let Some(owner) = names.and_then(owner).filter(|_| taken.missing() > 0) {
                *lost.entry(owner).or_default() += taken.missing();
            }
        }
        let mut touched = BTreeMap::new();
        for (owner, missing) in lost {
            let mut gaps = state.gaps.get(&owner).copied().unwrap_or_default();
            gaps.not_seen_yet = gaps.not_seen_yet.saturating_sub(missing);
            gaps.lost_in_browser += missing;
            touched.insert(owner, gaps);
        }
        self.put(batch, touched, &mut state, ledger)?;
        Ok(expired)
    }

    /// Commits `batch` with what has become of gaps, and only then says so.
    fn put(
        &self,
        mut batch: OwnedWriteBatch,
        mut touched: BTreeMap<Owner, Gaps>,
        state: &mut State,
        ledger: &Ledger,
    ) -> Result<(), StoreError> {
        for (owner, gaps) in &touched {
            batch.insert(&self.about, gaps_key(owner), gaps.to_row());
        }
        batch.commit()?;
        touched.iter().for_each(|(owner, gaps)| ledger.miss(owner, *gaps));
        state.gaps.append(&mut touched);
        Ok(())
    }

    /// Makes what is committed durable.
    pub(super) fn persist(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::SyncData)
    }

    /// Tells the ledger what was missing when this was last open.
    pub(in crate::pipeline::spool) fn tell(&self, ledger: &Ledger) {
        self.state().gaps.iter().for_each(|(owner, gaps)| ledger.miss(owner, *gaps));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names hold no zero byte, so nobody's key begins like another's.
fn key((owner, page): &Page) -> Vec<u8> {
    [owner.application.as_bytes(), &[0], owner.key.as_bytes(), &[0], page].concat()
}

fn by_day(day: u32, key: &[u8]) -> Vec<u8> {
    [&day.to_be_bytes(), key].concat()
}

fn gaps_key(owner: &Owner) -> Vec<u8> {
    [GAPS, owner.application.as_bytes(), &[0], owner.key.as_bytes()].concat()
}

fn erased_key(Erasure { owner, session, .. }: &Erasure) -> Vec<u8> {
    [ERASED, &key(&(owner.clone(), *session))].concat()
}

fn erasure(key: &[u8], value: &[u8]) -> Option<Erasure> {
    let (names, session) = key.strip_prefix(ERASED)?.split_last_chunk::<16>()?;
    let (at_ms, place) = value.split_first_chunk::<8>()?;
    Some(Erasure {
        at_ms: u64::from_be_bytes(*at_ms),
        place: u64::from_be_bytes(place.try_into().ok()?),
        owner: owner(names.strip_suffix(&[0])?)?,
        session: *session,
    })
}

/// From an application's name and a key's, as they stand in every row's key.
fn owner(names: &[u8]) -> Option<Owner> {
    let (application, key) = std::str::from_utf8(names).ok()?.split_once('\0')?;
    Some(Owner::new(key, application))
}
