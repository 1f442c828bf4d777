//! A destination that takes nothing gives up its oldest at its own bound: never anybody else's, and never silently.

use super::shelf::Shelf;
use crate::{ledger::Tally, outcome::Outcome};

/// What a destination does without.
#[derive(Debug)]
pub(crate) struct GivenUp {
    /// Where it goes on.
    pub(crate) place: u64,
    pub(crate) dropped: Tally,
    pub(crate) why: Outcome,
}

impl Shelf {
    /// Moves a destination past what lies beyond its bounds, if anything does: whole segments, because that is what
    /// frees the disk.
    pub(super) fn give_up(&mut self, destination: &str, decided: &Tally, wall_ms: u64) -> Option<GivenUp> {
        let cursor = self.cursor(destination)?;
        let too_old = wall_ms.saturating_sub(cursor.max_age_ms);
        let ahead = || self.segments.iter().filter(|segment| segment.end > cursor.place);
        let by_age = ahead()
            .take_while(|segment| segment.newest_ms < too_old)
            .filter(|segment| segment.newest_ms > 0)
            .map(|segment| segment.end)
            .max();
        let over = |segment: &&super::Segment| {
            segment.closed && self.end().saturating_sub(segment.start.max(cursor.place)) > cursor.max_bytes
        };
        let by_bytes = || ahead().filter(over).map(|segment| segment.end).max();
        let (place, why) = by_age
            .map(|place| (place, Outcome::TooOld))
            .or_else(|| by_bytes().map(|place| (place, Outcome::OverBound)))?;
        self.cursor_mut(destination)?.done.add_all(decided);
        let mut dropped = self.advance(destination, place);
        // The newest segment is not left, because it still grows; what it holds so far may be too old all the same.
        if let Some(newest) = self.segments.back().cloned()
            && let Some(cursor) = self.cursor_mut(destination)
            && cursor.segment == newest.start
            && place >= newest.end
        {
            let left = cursor.left_of(&newest);
            cursor.done.add_all(&left);
            dropped.add_all(&left);
        }
        Some(GivenUp { place, dropped, why })
    }
}
