//! The link index: which events share values, and what is open, in an embedded store. A view of the spool, and one more cursor of it: what
//! is not in it is read again from the segments, so nothing waits for its commits.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use fjall::{Database, Keyspace, PersistMode};

use super::{
    long::Longs,
    look::{Candidate, Look, Shared, ValueSeed},
    seen::{Follower, Found, How, Seen, SeenEvent, order_of},
};
use crate::config::To;
use crate::embedded::{self, Embedded, number};

/// The store could not be read or written.
pub(crate) type IndexError = embedded::Error;

/// Events by the values they share.
pub(crate) struct Index {
    db: Database,
    values: Keyspace,
    days: Keyspace,
    about: Keyspace,
    /// Rows in use, and rows the store does not know as they are.
    rows: HashMap<Shared, Entry>,
    /// How many of them are changed.
    changed: usize,
    /// No row by day is before this one: what was removed there would be looked through again and again.
    oldest: Vec<u8>,
    place: u64,
    count: u64,
    most: u64,
    seed: ValueSeed,
    forgotten: u64,
    /// What is open: committed with the rest, as of the same place.
    pub(super) longs: Longs,
}

#[derive(Default)]
struct Entry {
    seen: Seen,
    /// The day under which the store knows it.
    stored: Option<u32>,
    changed: bool,
}

/// How rows are written. An index of another version is put aside.
const VERSION: u64 = 1;

/// The kind of links between sessions.
const SESSION: &str = "session";

const PLACE: &[u8] = b"place";
const COUNT: &[u8] = b"count";

/// Rows that are forgotten at once.
const STEP: usize = 1_000;

impl Index {
    /// Opens the index in `directory`, which remembers `most` values. One that cannot be read is put aside and another
    /// begun: that costs inferred links, and no event.
    pub(crate) fn open(directory: &Path, most: u64) -> Result<Self, IndexError> {
        let open = || Self::open_as_it_is(directory, most);
        embedded::open_or_begin_anew(directory, open, |error, aside| {
            tracing::error!(%error, aside = %aside.display(), "the link index cannot be read: begun anew, the old one is put aside");
        })
    }

    fn open_as_it_is(directory: &Path, most: u64) -> Result<Self, IndexError> {
        let store = Embedded::open(directory, VERSION)?;
        let (values, days) = (store.keyspace("values")?, store.keyspace("days")?);
        let longs = Longs::open(&store)?;
        let Embedded { db, about, seed } = store;
        let place = number(about.get(PLACE)?).unwrap_or(0);
        let count = number(about.get(COUNT)?).unwrap_or(0);
        let (rows, oldest, seed) = (HashMap::new(), Vec::new(), ValueSeed(seed));
        let (changed, forgotten) = (0, 0);
        Ok(Self {
            db,
            values,
            days,
            about,
            rows,
            changed,
            oldest,
            place,
            count,
            most,
            seed,
            forgotten,
            longs,
        })
    }

    /// Everything before this place of the spool is in the store.
    pub(crate) fn place(&self) -> u64 {
        self.place
    }

    /// What values are hashed with.
    pub(crate) fn seed(&self) -> ValueSeed {
        self.seed
    }

    /// Values remembered, and values forgotten to stay within the bound.
    pub(super) fn sizes(&self) -> (u64, u64) {
        (self.count, self.forgotten)
    }

    /// Rows that are not committed.
    pub(super) fn changed(&self) -> usize {
        self.changed
    }

    /// An event has come: others find it from now on.
    pub(super) fn add(&mut self, candidate: &Candidate) {
        for look in &candidate.looks {
            self.change(look.shared, |seen| seen.add(candidate, look.ends));
            let is_first = self.row(look.shared).seen.begins_with(order_of(candidate));
            if let Some(before) = look.session_before().filter(|_| is_first) {
                self.change(before, |seen| seen.follow(candidate, look.shared));
            }
        }
    }

    /// It is decided what an event is linked to.
    pub(super) fn leaves(&mut self, candidate: &Candidate, knew: u64) {
        for look in &candidate.looks {
            self.change(look.shared, |seen| seen.leaves(candidate, knew));
            if let Some(before) = look.session_before() {
                self.change(before, |seen| seen.follower_leaves(candidate, knew));
            }
        }
    }

    /// What an event that came with the record ending at `came` is linked to: one link per target and reason.
    pub(super) fn find(&mut self, candidate: &Candidate, came: u64) -> Vec<Found> {
        let mut found = Vec::new();
        for look in &candidate.looks {
            self.row(look.shared).seen.find(candidate, look, came, &mut found);
            if look.rule.to == To::Previous {
                self.find_sessions(candidate, look, came, &mut found);
            }
        }
        found
    }

    /// Across sessions: from the first of one to the last of the one before, and late the other way round.
    fn find_sessions(&mut self, candidate: &Candidate, look: &Look, came: u64, found: &mut Vec<Found>) {
        let me = order_of(candidate);
        let mut add = |event: &SeenEvent, is| {
            let (trace_id, span_id) = (event.trace_id, event.span_id);
            found.push(Found { trace_id, span_id, kind: SESSION.into(), is });
        };
        let is_first = self.row(look.shared).seen.begins_with(me);
        if let Some(before) = look.session_before().filter(|_| is_first)
            && let Some(last) = self.row(before).seen.last_before(me)
        {
            add(last, How::InOrder);
        }
        for Follower { event, of } in self.row(look.shared).seen.missed_by_next(candidate, came) {
            if self.row(of).seen.begins_with(event.order()) {
                add(&event, How::Late);
            }
        }
    }

    /// Puts what has changed, at once, as of `place`; `day`: today. Rows that are `used` stay in memory.
    pub(super) fn commit(&mut self, place: u64, day: u32, used: &HashSet<Shared>) -> Result<(), IndexError> {
        let mut batch = self.db.batch();
        let mut count = self.count;
        for (key, entry) in self.rows.iter().filter(|(_, entry)| entry.changed) {
            if entry.stored != Some(day) {
                match entry.stored {
                    Some(before) => batch.remove(&self.days, by_day(before, key)),
                    None => count += 1,
                }
                let row = by_day(day, key);
                if row < self.oldest {
                    self.oldest.clone_from(&row);
                }
                batch.insert(&self.days, row, []);
            }
            batch.insert(&self.values, key.0, entry.seen.to_row(day));
        }
        self.longs.put(&mut batch);
        batch.insert(&self.about, PLACE, place.to_be_bytes());
        batch.insert(&self.about, COUNT, count.to_be_bytes());
        batch.commit()?;
        self.longs.is_put();
        (self.place, self.count, self.changed) = (place, count, 0);
        for entry in self.rows.values_mut().filter(|entry| entry.changed) {
            (entry.stored, entry.changed) = (Some(day), false);
        }
        self.rows.retain(|key, _| used.contains(key));
        Ok(())
    }

    /// Forgets values last seen before `day`, and the oldest beyond the bound.
    pub(super) fn forget(&mut self, day: u32) -> Result<(), IndexError> {
        loop {
            let surplus = self.count.saturating_sub(self.most);
            let mut batch = self.db.batch();
            let mut gone = 0;
            for row in self.days.range(self.oldest.clone()..).take(STEP) {
                let row = row.key()?;
                self.oldest = row.to_vec();
                let Some((at, key)) = row.split_first_chunk::<4>() else { continue };
                let is_old = u32::from_be_bytes(*at) < day;
                if !is_old && gone >= surplus {
                    break;
                }
                self.forgotten += u64::from(!is_old);
                gone += 1;
                batch.remove(&self.days, row.clone());
                batch.remove(&self.values, key);
                if let Ok(key) = key.try_into() {
                    // One in use is put again, as new.
                    self.rows
                        .entry(Shared(key))
                        .and_modify(|entry| (entry.stored, entry.changed) = (None, true));
                }
            }
            let count = self.count.saturating_sub(gone);
            batch.insert(&self.about, COUNT, count.to_be_bytes());
            batch.commit()?;
            self.count = count;
            if gone < STEP as u64 {
                return Ok(());
            }
        }
    }

    /// Makes what is committed durable.
    pub(super) fn persist(&self) -> Result<(), IndexError> {
        self.db.persist(PersistMode::SyncData)
    }

    fn change(&mut self, key: Shared, change: impl FnOnce(&mut Seen)) {
        let entry = self.row(key);
        change(&mut entry.seen);
        let was_changed = std::mem::replace(&mut entry.changed, true);
        self.changed += usize::from(!was_changed);
    }

    /// A row that cannot be read costs the links of those it held.
    fn row(&mut self, key: Shared) -> &mut Entry {
        let values = &self.values;
        self.rows.entry(key).or_insert_with(|| {
            let row = values.get(key.0).unwrap_or_else(|error| {
                tracing::error!(%error, "the link index cannot be read: links are missing");
                None
            });
            let known = row.and_then(|row| Seen::from_row(&row));
            known.map_or_else(Entry::default, |(seen, day)| Entry { seen, stored: Some(day), changed: false })
        })
    }
}

fn by_day(day: u32, key: &Shared) -> Vec<u8> {
    [&day.to_be_bytes()[..], &key.0].concat()
}

#[cfg(test)]
mod tests;
