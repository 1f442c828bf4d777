//! How far each destination has come, and what it has decided of the segment it is in.

use super::shelf::{Segment, Shelf};
use crate::{config::Applications, ledger::Tally, pipeline::spool::cursor::CursorFile};

/// A destination's place.
#[derive(Debug)]
pub(in crate::pipeline::spool) struct Cursor {
    pub(in crate::pipeline::spool) applications: Applications,
    /// What it took when it was last saved, where that was something else.
    pub(in crate::pipeline::spool) before: Option<Applications>,
    pub(in crate::pipeline::spool) max_bytes: u64,
    pub(in crate::pipeline::spool) max_age_ms: u64,
    pub(in crate::pipeline::spool) place: u64,
    /// Start of the segment that `done` is about.
    pub(in crate::pipeline::spool) segment: u64,
    /// What is decided in it, or passed because it is for others.
    pub(in crate::pipeline::spool) done: Tally,
    /// Left undecided in segments it has left since it last passed anything.
    pub(in crate::pipeline::spool) owed: Tally,
    pub(in crate::pipeline::spool) file: CursorFile,
}

impl Cursor {
    /// Goes on in the segment that begins at `start`, having passed the one before it.
    pub(super) fn enter(&mut self, before: Option<&Segment>, start: u64) {
        if let Some(before) = before {
            let left = self.left_of(before);
            self.owed.add_all(&left);
        }
        (self.segment, self.done) = (start, Tally::default());
    }

    /// What of `segment` was for this destination and is not decided.
    pub(super) fn left_of(&self, segment: &Segment) -> Tally {
        self.left_for(&self.applications, segment)
    }

    fn left_for(&self, applications: &Applications, segment: &Segment) -> Tally {
        let wanted = segment.totals.only(|owner| applications.take(&owner.application));
        if segment.start == self.segment { wanted.less(&self.done) } else { wanted }
    }
}

impl Shelf {
    /// Moves a cursor on to `place`. Gives what was left undecided in the segments it leaves.
    pub(in crate::pipeline::spool) fn advance(&mut self, destination: &str, place: u64) -> Tally {
        let mut left = Tally::default();
        let Some(cursor) = self.cursors.get_mut(destination) else { return left };
        left.add_all(&std::mem::take(&mut cursor.owed));
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
            cursor.done = segment.totals.clone();
        }
        cursor.place = place;
        left
    }

    /// Puts a cursor behind everything there is.
    pub(in crate::pipeline::spool) fn put_at_the_end(&self, cursor: &mut Cursor) {
        cursor.place = self.end();
        if let Some(last) = self.segments.back() {
            cursor.segment = last.start;
            cursor.done = last.totals.clone();
        }
    }

    /// What lies before a destination and is not decided.
    pub(in crate::pipeline::spool) fn ahead(&self, cursor: &Cursor) -> Tally {
        self.ahead_for(cursor, &cursor.applications)
    }

    /// As [`Self::ahead`], for what it took when it was last saved.
    pub(in crate::pipeline::spool) fn ahead_before(&self, cursor: &Cursor) -> Tally {
        cursor.before.as_ref().map_or_else(Tally::default, |before| self.ahead_for(cursor, before))
    }

    fn ahead_for(&self, cursor: &Cursor, applications: &Applications) -> Tally {
        let mut ahead = cursor.owed.clone();
        for segment in self.segments.iter().filter(|segment| segment.start >= cursor.segment) {
            ahead.add_all(&cursor.left_for(applications, segment));
        }
        // What waits is released behind everybody's place.
        ahead.add_all(&self.waiting.only(|owner| applications.take(&owner.application)));
        ahead
    }
}
