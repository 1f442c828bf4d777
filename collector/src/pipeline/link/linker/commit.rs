//! What the linker knows, made durable from time to time: segments wait for it.

use std::{sync::atomic::Ordering, time::Duration};

use super::{super::IndexError, Linker, Starts};
use crate::config::Durability;

/// The index is committed after so long at most, whether or not a segment waits for it: what is read again at the next
/// start.
const EVERY: Duration = Duration::from_secs(30);

/// And this often at most, however many segments wait for it.
const SOONEST: Duration = Duration::from_secs(1);

/// Or when it has changed so much: a row that changes again meanwhile is written once.
const ROWS: usize = 200_000;

/// Or so much was heard of long spans.
const HEARD_BYTES: usize = 8 << 20;

impl Linker {
    pub(super) fn next_commit(&self) -> Duration {
        self.committed + if self.is_asked { SOONEST } else { EVERY }
    }

    /// Whether so much has changed that it should be committed.
    pub(super) fn is_full(&self) -> bool {
        let (pages, bytes) = self.with.index.longs.changed();
        let index = &self.with.index;
        let is_full = index.changed() + pages >= ROWS || bytes >= HEARD_BYTES || index.is_too_large();
        // What cannot be written is not tried again for every event that comes.
        is_full && !self.with.segments.health.linker_failing.load(Ordering::Relaxed)
    }

    pub(super) fn commit(&mut self) {
        (self.committed, self.is_asked) = (self.with.clock.monotonic(), false);
        // In this order: what is behind the end was given to the inbox before the spool grew to it.
        let end = self.with.segments.end();
        self.take_all();
        let first = self.queue.front().map_or(end, |(_, waiting)| waiting.start.min(end));
        let place = self.unread.map_or(first, |unread| unread.min(first));
        let kept = self.keep(place);
        self.with.segments.health.linker_failing.store(kept.is_err(), Ordering::Relaxed);
        if let Err(error) = kept {
            tracing::error!(%error, "the link index cannot be written: segments stay until it can");
        }
    }

    fn keep(&mut self, place: u64) -> Result<(), IndexError> {
        let Starts { index, clock, keeps, durability, segments, meters, .. } = &mut self.with;
        let today = day(clock.wall_ms());
        index.commit(place, today)?;
        if *durability == Durability::Fsync {
            index.persist()?;
        }
        index.forget(day(clock.wall_ms().saturating_sub(u64::try_from(keeps.as_millis()).unwrap_or(0))))?;
        meters.linker.sizes(index.sizes());
        Ok(segments.links_are_durable(place)?)
    }
}

/// Days since 1970.
fn day(at_ms: u64) -> u32 {
    u32::try_from(at_ms / 86_400_000).unwrap_or(u32::MAX)
}
