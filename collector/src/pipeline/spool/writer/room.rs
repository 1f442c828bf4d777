//! Room for what is to be written: a segment that is not full, and a disk that is not.

use std::{io, sync::atomic::Ordering, time::Duration};

use super::{Open, Writer};
use crate::{
    config::Durability,
    ledger::Tally,
    pipeline::spool::{
        record::{Kind, OwnedEvents, Record},
        segment::Salt,
        segments::Segment,
    },
};

/// Whether there is a segment to write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Ready,
    Full,
}

/// A segment grows no longer: what is too old is given up by segments.
const LONGEST: Duration = Duration::from_secs(60 * 60);

impl Writer {
    /// Before anything is claimed there is a segment with room, and room on the disk beside it, unless what is kept free
    /// may be used.
    pub(super) fn make_ready(&mut self, incoming: u64, may_use_reserve: bool) -> io::Result<Room> {
        if !may_use_reserve && self.disk.free(self.segments.directory())?.is_below(&self.settings, incoming) {
            return Ok(Room::Full);
        }
        if self.open.as_ref().is_some_and(|open| !self.is_full(open)) {
            self.segments.make_room(incoming)?;
            return Ok(Room::Ready);
        }
        let salt = Salt::random();
        let (start, head) = self.head(salt);
        self.segments.make_room(incoming + head.len() as u64)?;
        if !may_use_reserve && !self.segments.may_begin(head.len() as u64) {
            return Ok(Room::Full);
        }
        self.open = None;
        self.open = Some(self.begin_segment(salt, start, &head)?);
        Ok(Room::Ready)
    }

    /// What was written may have been small: where a larger group was refused, that it fitted says nothing.
    pub(super) fn note_room(&self) {
        let refused = &self.segments.health.no_room_for;
        if refused.load(Ordering::Relaxed) > 0 {
            let disk = self.disk.free(self.segments.directory()).ok();
            if !self.segments.is_full(disk, &self.settings) {
                refused.store(0, Ordering::Relaxed);
            }
        }
    }

    fn is_full(&self, open: &Open) -> bool {
        let age = self.clock.monotonic().saturating_sub(open.began);
        open.end - open.start >= self.settings.segment_bytes
            || (age >= LONGEST && !(open.tally.is_empty() && open.waited.is_empty()))
    }

    /// Where the next segment begins, and with what: what the one before it holds.
    fn head(&self, salt: Salt) -> (u64, Vec<u8>) {
        let (start, previous) = self.segments.next_start();
        let record = Record {
            kind: Kind::Head.into(),
            previous: OwnedEvents::of(&previous.totals, &previous.waited),
            previous_start: previous.start,
            ..Record::default()
        };
        let mut bytes = salt.head();
        salt.write(&record, &mut bytes);
        (start, bytes)
    }

    fn begin_segment(&mut self, salt: Salt, start: u64, head: &[u8]) -> io::Result<Open> {
        let mut file = self.disk.create(&self.segments.path(start))?;
        file.append(head)?;
        if self.settings.durability == Durability::Fsync {
            file.sync()?;
            self.disk.sync_directory(self.segments.directory())?;
        }
        let end = start + head.len() as u64;
        self.segments.add(Segment { start, end, ..Segment::default() });
        let (began, tally, waited) = (self.clock.monotonic(), Tally::default(), Tally::default());
        Ok(Open { file, salt, start, end, began, tally, waited })
    }
}
