//! The link index: which events share values, and what is open, in an embedded store. A view of the spool, and one more cursor of it: what
//! is not in it is read again from the segments, so nothing waits for its commits.

mod across;
mod rows;

use std::{path::Path, sync::Arc};

use fjall::{Database, Keyspace, PersistMode};

use self::{across::Across, rows::Rows};
use super::{
    long::Longs,
    look::{Candidate, Shared, ValueSeed},
    seen::{Found, Seen, Stored, order_of},
};
use crate::{
    config::{Linker, To},
    embedded::{self, Embedded, number},
    pipeline::spool::Missing,
};

/// The store could not be read or written.
pub(crate) type IndexError = embedded::Error;

/// Events by the values they share.
pub(crate) struct Index {
    db: Database,
    values: Keyspace,
    days: Keyspace,
    about: Keyspace,
    rows: Rows,
    /// No row by day is before this one: what was removed there would be looked through again and again.
    oldest: Vec<u8>,
    place: u64,
    count: u64,
    most: u64,
    seed: ValueSeed,
    forgotten: u64,
    /// The kind of links between sessions.
    session: Arc<str>,
    /// What is open: committed with the rest, as of the same place.
    pub(super) longs: Longs,
}

impl Remembers {
    pub(crate) fn by(linker: &Linker) -> Self {
        Self { values: linker.most_values, memory: usize::try_from(linker.most_memory).unwrap_or(usize::MAX) }
    }
}

/// How much is remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remembers {
    /// Values.
    pub(crate) values: u64,
    /// Bytes of these in memory. The rest is on disk.
    pub(crate) memory: usize,
}

/// How rows are written. An index of another version is put aside.
const VERSION: u64 = 3;

const PLACE: &[u8] = b"place";
const COUNT: &[u8] = b"count";

/// Rows that are forgotten at once.
const STEP: usize = 1_000;

impl Index {
    /// Opens the index in `directory`, which remembers so much. One that cannot be read is put aside and another
    /// begun: that costs inferred links, and no event.
    pub(crate) fn open(directory: &Path, most: Remembers) -> Result<Self, IndexError> {
        let open = || Self::open_as_it_is(directory, most);
        embedded::open_or_begin_anew(directory, open, |error, aside| {
            tracing::error!(%error, aside = %aside.display(), "the link index cannot be read: begun anew, the old one is put aside");
        })
    }

    fn open_as_it_is(directory: &Path, most: Remembers) -> Result<Self, IndexError> {
        let store = Embedded::open(directory, VERSION)?;
        let (values, days) = (store.large_keyspace("values")?, store.keyspace("days")?);
        let longs = Longs::open(&store)?;
        let Embedded { db, about, seed } = store;
        let place = number(about.get(PLACE)?).unwrap_or(0);
        let count = number(about.get(COUNT)?).unwrap_or(0);
        let (rows, oldest, seed) = (Rows::new(most.memory), Vec::new(), ValueSeed(seed));
        let (most, session, forgotten) = (most.values, "session".into(), 0);
        Ok(Self {
            db,
            values,
            days,
            about,
            rows,
            oldest,
            place,
            count,
            most,
            seed,
            forgotten,
            session,
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
    pub(crate) fn changed(&self) -> usize {
        self.rows.changed()
    }

    /// Whether a commit is due because memory is short.
    pub(super) fn is_too_large(&self) -> bool {
        self.rows.are_too_many()
    }

    /// An event has come: others find it from now on.
    pub(crate) fn add(&mut self, candidate: &Candidate) {
        for look in &candidate.looks {
            let is_first = self.change(look.shared, |seen| {
                seen.add(candidate, look.ends);
                look.session_before().is_some() && seen.begins_with(order_of(candidate))
            });
            if let Some(before) = look.session_before().filter(|_| is_first) {
                self.change(before, |seen| seen.follow(candidate, look.shared));
            }
        }
    }

    /// It was decided, when the spool was known as far as `knew`, what an event is linked to. `None`: it waits again.
    pub(crate) fn leaves(&mut self, candidate: &Candidate, knew: Option<u64>) {
        for look in &candidate.looks {
            self.change(look.shared, |seen| seen.leaves(candidate, look, knew));
            if let Some(before) = look.session_before() {
                self.change(before, |seen| seen.follower_leaves(candidate, knew));
            }
        }
    }

    /// What an event that came with the record ending at `came` is linked to: one link per target and reason. It leaves.
    pub(crate) fn decide(
        &mut self,
        candidate: &Candidate,
        came: u64,
        knew: u64,
        missing: &Missing,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        for look in &candidate.looks {
            let across = self.change(look.shared, |seen| {
                seen.find(candidate, look, came, missing, &mut found);
                seen.leaves(candidate, look, Some(knew));
                (look.rule.to == To::Previous).then(|| Across::of(seen, candidate, came))
            });
            if let Some(before) = look.session_before() {
                self.change(before, |seen| seen.follower_leaves(candidate, Some(knew)));
            }
            if let Some(across) = across {
                self.find_across(candidate, look, across, &mut found);
            }
        }
        found
    }

    /// Puts what has changed, as of `place`; `day`: today.
    pub(crate) fn commit(&mut self, place: u64, day: u32) -> Result<(), IndexError> {
        let mut batch = self.db.batch();
        // In order, and past the journal: a tenth of the work. What a crash leaves of it is ahead of the place, so it comes
        // again from the spool, and changes nothing.
        let mut rows = (self.rows.changed() > 0).then(|| self.values.start_ingestion()).transpose()?;
        let (mut count, mut bytes) = (self.count, Vec::new());
        let (days, oldest) = (&self.days, &mut self.oldest);
        for (key, row) in self.rows.in_order() {
            if row.stored != Some(day) {
                match row.stored {
                    Some(before) => batch.remove(days, by_day(before, key)),
                    None => count += 1,
                }
                let row = by_day(day, key);
                if row < *oldest {
                    oldest.clone_from(&row);
                }
                batch.insert(days, row, []);
            }
            bytes.clear();
            row.seen.write(Stored { day, place }, &mut bytes);
            rows.as_mut().map_or(Ok(()), |rows| rows.write(key.0, bytes.as_slice()))?;
        }
        rows.map_or(Ok(()), |rows| rows.finish())?;
        self.longs.put(&mut batch);
        batch.insert(&self.about, PLACE, place.to_be_bytes());
        batch.insert(&self.about, COUNT, count.to_be_bytes());
        batch.commit()?;
        self.longs.is_put();
        (self.place, self.count) = (place, count);
        self.rows.are_stored(day);
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
                gone += 1;
                batch.remove(&self.days, row.clone());
                let Ok(key) = key.try_into().map(Shared) else { continue };
                // A commit that a crash cut short may have left it under two days: then it is of the later one.
                let stored = recall(&self.values, u64::MAX, key).and_then(|(_, day)| day);
                if stored.is_none_or(|stored| stored == u32::from_be_bytes(*at)) {
                    self.forgotten += u64::from(!is_old);
                    batch.remove(&self.values, key.0);
                    self.rows.is_forgotten(key);
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

    fn change<T>(&mut self, key: Shared, change: impl FnOnce(&mut Seen) -> T) -> T {
        let (values, place) = (&self.values, self.place);
        self.rows.change(key, || recall(values, place, key), change)
    }
}

/// What the store knows of a row, and the day under which it does. A row that cannot be read costs the links of those it held.
fn recall(values: &Keyspace, place: u64, key: Shared) -> Option<(Seen, Option<u32>)> {
    let row = values.get(key.0).unwrap_or_else(|error| {
        tracing::error!(%error, "the link index cannot be read: links are missing");
        None
    });
    let (seen, stored) = Seen::read(&row?)?;
    // Ahead of the place: a crash came before the day was put.
    Some((seen, Some(stored.day).filter(|_| stored.place <= place)))
}

fn by_day(day: u32, key: &Shared) -> Vec<u8> {
    [&day.to_be_bytes()[..], &key.0].concat()
}

#[cfg(test)]
mod tests;
