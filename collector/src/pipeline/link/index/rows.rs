//! Rows of the index that are in memory: what was used of late, within a bound of bytes.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
};

use super::super::{look::Shared, seen::Seen};

/// Rows by what their events share.
pub(super) struct Rows {
    rows: HashMap<Shared, Row, BuildHasherDefault<AsItIs>>,
    /// Those that the store does not know as they are.
    changed: Vec<Shared>,
    /// Of all of these, about.
    bytes: usize,
    most_bytes: usize,
    /// Commits so far.
    now: u32,
}

/// Events that share values.
#[derive(Default)]
pub(super) struct Row {
    pub(super) seen: Seen,
    /// The day under which the store knows it.
    pub(super) stored: Option<u32>,
    is_changed: bool,
    /// How many commits there had been when it was last used.
    used: u32,
}

/// A row and its place in the map, about, without its events.
const ROW_BYTES: usize = 160;

impl Rows {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { rows: HashMap::default(), changed: Vec::new(), bytes: 0, most_bytes, now: 0 }
    }

    /// A row, from where `recall` finds it if it is not in memory.
    pub(super) fn row(
        &mut self,
        key: Shared,
        recall: impl FnOnce() -> Option<(Seen, Option<u32>)>,
    ) -> &mut Row {
        let row = match self.rows.entry(key) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(place) => {
                let (seen, stored) = recall().unwrap_or_default();
                self.bytes += ROW_BYTES + seen.bytes();
                place.insert(Row { seen, stored, is_changed: false, used: 0 })
            }
        };
        row.used = self.now;
        row
    }

    /// Changes a row that is [`Self::row`].
    pub(super) fn change<T>(
        &mut self,
        key: Shared,
        recall: impl FnOnce() -> Option<(Seen, Option<u32>)>,
        change: impl FnOnce(&mut Seen) -> T,
    ) -> T {
        let row = self.row(key, recall);
        let before = row.seen.bytes();
        let done = change(&mut row.seen);
        let grown = row.seen.bytes().wrapping_sub(before);
        if !std::mem::replace(&mut row.is_changed, true) {
            self.changed.push(key);
        }
        self.bytes = self.bytes.wrapping_add(grown);
        done
    }

    /// What they take, about.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many the store does not know as they are.
    pub(super) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Whether they take more than they may, by so much that what has changed should be stored, so that they can leave.
    pub(super) fn are_too_many(&self) -> bool {
        self.bytes > self.most_bytes + self.most_bytes / 4
    }

    /// Those the store does not know as they are, in the order of their keys.
    pub(super) fn in_order(&mut self) -> impl Iterator<Item = (&Shared, &Row)> {
        self.changed.sort_unstable_by_key(|key| u128::from_be_bytes(key.0));
        self.changed.iter().filter_map(|key| Some((key, self.rows.get(key)?)))
    }

    /// The store knows all of them now, under this day. What is beyond the bound and was not used for longest leaves memory.
    pub(super) fn are_stored(&mut self, day: u32) {
        for key in self.changed.drain(..) {
            if let Some(row) = self.rows.get_mut(&key) {
                (row.stored, row.is_changed) = (Some(day), false);
            }
        }
        self.now = self.now.wrapping_add(1);
        if self.bytes > self.most_bytes {
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        let mut by_age: Vec<(u32, usize)> =
            self.rows.values().map(|row| (self.age(row), row.bytes())).collect();
        by_age.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
        // Some room beyond, so that this is not to be done again at once.
        let (mut left, enough) = (self.bytes, self.most_bytes / 4 * 3);
        let mut last = (0, 0);
        for (age, bytes) in by_age {
            if left <= enough {
                break;
            }
            left = left.saturating_sub(bytes);
            last = if last.0 == age { (age, last.1 + 1) } else { (age, 1) };
        }
        // Of those of the last age only so many.
        let (now, (last_age, mut of_last_age)) = (self.now, last);
        self.rows.retain(|_, row| {
            let age = now.wrapping_sub(row.used);
            let is_one_of_the_last = age == last_age && of_last_age > 0;
            of_last_age -= usize::from(is_one_of_the_last);
            row.is_changed || age < last_age || age == last_age && !is_one_of_the_last
        });
        self.bytes = self.rows.values().map(Row::bytes).sum();
    }

    /// The store forgets a row. One that is in use is put again, as a new one.
    pub(super) fn is_forgotten(&mut self, key: Shared) {
        let Some(row) = self.rows.get_mut(&key) else { return };
        row.stored = None;
        let in_use = row.is_changed || row.seen.waits() || self.now.wrapping_sub(row.used) <= 1;
        if !in_use {
            self.bytes = self.bytes.saturating_sub(row.bytes());
            self.rows.remove(&key);
        } else if !std::mem::replace(&mut row.is_changed, true) {
            self.changed.push(key);
        }
    }

    fn age(&self, row: &Row) -> u32 {
        self.now.wrapping_sub(row.used)
    }
}

impl Row {
    fn bytes(&self) -> usize {
        ROW_BYTES + self.seen.bytes()
    }
}

/// What is looked for by is a hash already.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
