//! How far each destination has come, and what it has decided of the segment it is in.

use super::shelf::{Segment, Shelf};
use crate::{config::Applications, ledger::Tally, pipeline::spool::cursor::CursorFile};

/// A destination's place.
#[derive(Debug)]
pub(in crate::pipeline::spool) struct Cursor {
    pub(in crate::pipeline::spool) applications: Applications,
    pub(in crate::pipeline::spool) max_bytes: u64,
    pub(in crate::pipeline::spool) max_age_ms: u64,
    pub(in crate::pipeline::spool) place: u64,
    /// Start of the segment that `done` is about.
    pub(in crate::pipeline::spool) segment: u64,
    /// What is decided in it.
    pub(in crate::pipeline::spool) done: Tally,
    pub(in crate::pipeline::spool) file: CursorFile,
}

impl Cursor {
    /// What of `segment` was for this destination and is not decided.
    pub(super) fn left_of(&self, segment: &Segment) -> Tally {
        let wanted = segment.totals.only(|owner| self.applications.take(&owner.application));
        if segment.start == self.segment { wanted.less(&self.done) } else { wanted }
    }
}

impl Shelf {
    /// Moves a cursor on to `place`. Gives what was left undecided in the segments it leaves.
    pub(in crate::pipeline::spool) fn advance(&mut self, destination: &str, place: u64) -> Tally {
        let mut left = Tally::default();
        let Some(cursor) = self.cursors.get_mut(destination) else { return left };
        let from = cursor.segment;
        for segment in self.segments.iter().skip_while(|segment| segment.start < from) {
            if segment.start > cursor.segment {
                cursor.done = Tally::default();
                cursor.segment = segment.start;
            }
            if place < segment.end || !segment.closed {
                break;
            }
            left.add_all(&cursor.left_of(segment));
            cursor.done = segment.totals.only(|owner| cursor.applications.take(&owner.application));
        }
        cursor.place = place;
        left
    }

    /// Puts a cursor behind everything there is.
    pub(in crate::pipeline::spool) fn put_at_the_end(&self, cursor: &mut Cursor) {
        cursor.place = self.end();
        if let Some(last) = self.segments.back() {
            cursor.segment = last.start;
            cursor.done = last.totals.only(|owner| cursor.applications.take(&owner.application));
        }
    }

    /// What lies before a destination and is not decided.
    pub(in crate::pipeline::spool) fn ahead(&self, cursor: &Cursor) -> Tally {
        let mut ahead = Tally::default();
        for segment in self.segments.iter().filter(|segment| segment.start >= cursor.segment) {
            ahead.add_all(&cursor.left_of(segment));
        }
        ahead
    }
}
