//! Segments in a row, and the cursors that stand before them. Everything that changes together.

use std::{
    collections::{BTreeMap, VecDeque},
    fs, io,
    sync::{Arc, atomic::Ordering},
};

use super::{Cursor, Segments};
use crate::ledger::Tally;

/// How long the body of a request is told from a new one: its record stays at least so long, room permitting.
pub(in crate::pipeline::spool) const BODIES_MS: u64 = 15 * 60 * 1000;

/// What [`Segments`] guards.
#[derive(Debug, Default)]
pub(in crate::pipeline::spool) struct Shelf {
    /// By offset. The last may still grow.
    pub(in crate::pipeline::spool) segments: VecDeque<Segment>,
    pub(in crate::pipeline::spool) cursors: BTreeMap<Arc<str>, Cursor>,
    /// Starts of segments that are to be deleted.
    pub(in crate::pipeline::spool) doomed: Vec<u64>,
    /// How many files are being deleted.
    pub(in crate::pipeline::spool) being_deleted: usize,
    /// Claims of everything before are durable in their store.
    pub(in crate::pipeline::spool) claimed: u64,
    /// The link index knows everything before, and nothing there waits.
    pub(in crate::pipeline::spool) linked: u64,
    /// Events that are in the spool and wait to be released into it.
    pub(in crate::pipeline::spool) waiting: Tally,
    /// Events that waited, and were damaged before they were released.
    pub(in crate::pipeline::spool) lost_waiting: Tally,
    /// No segment begins before: claims of that are stored already.
    pub(in crate::pipeline::spool) least_start: u64,
    /// Bytes of all segments, at most.
    pub(in crate::pipeline::spool) most_bytes: u64,
}

/// A stretch of the spool in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::pipeline::spool) struct Segment {
    pub(in crate::pipeline::spool) start: u64,
    /// Durable up to here.
    pub(in crate::pipeline::spool) end: u64,
    /// Events it holds, those included that were damaged since.
    pub(in crate::pipeline::spool) totals: Tally,
    /// Events of its records that wait, or have waited and are counted where they were released.
    pub(in crate::pipeline::spool) waited: Tally,
    /// When its newest record with a body that is told from others was received.
    pub(in crate::pipeline::spool) bodies_ms: u64,
    /// When its newest record was received.
    pub(in crate::pipeline::spool) newest_ms: u64,
    /// It grows no more.
    pub(in crate::pipeline::spool) closed: bool,
}

impl Shelf {
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.end - segment.start).sum()
    }

    pub(in crate::pipeline::spool) fn end(&self) -> u64 {
        self.segments.back().map_or(0, |last| last.end)
    }

    /// A cursor may be ahead of all that is left after damage: the spool goes on from there.
    pub(super) fn next_start(&self) -> u64 {
        self.end()
            .max(self.cursors.values().map(|cursor| cursor.place).max().unwrap_or(0))
            .max(self.least_start)
    }

    pub(super) fn cursor(&self, destination: &str) -> Option<&Cursor> {
        self.cursors.get(destination)
    }

    pub(super) fn cursor_mut(&mut self, destination: &str) -> Option<&mut Cursor> {
        self.cursors.get_mut(destination)
    }

    pub(super) fn add(&mut self, segment: Segment) {
        if let Some(last) = self.segments.back_mut() {
            last.closed = true;
        }
        let before = self.segments.back();
        let behind = |cursor: &&mut Cursor| before.is_none_or(|last| last.end <= cursor.place);
        // Whoever has passed the last one decides of this one from now on.
        self.cursors.values_mut().filter(behind).for_each(|cursor| cursor.enter(before, segment.start));
        self.segments.push_back(segment);
    }

    /// Nobody needs the oldest segment any more.
    pub(super) fn doom_oldest(&mut self) {
        self.doomed.extend(self.segments.pop_front().map(|oldest| oldest.start));
    }

    /// Whether the oldest segment may go as far as claims and links are concerned, and has a successor.
    pub(super) fn is_oldest_known(&self) -> bool {
        let known = self.claimed.min(self.linked);
        self.segments.len() > 1 && self.segments.front().is_some_and(|oldest| oldest.end <= known)
    }

    /// Whether nobody needs the oldest segment. A young one stays for the bodies in it, while the disk `is_roomy`.
    fn is_oldest_free(&self, wall_ms: u64, is_roomy: bool) -> bool {
        let Some(oldest) = self.segments.front() else { return false };
        let needed = self.cursors.values().map(|cursor| cursor.place).min();
        let is_young = oldest.bodies_ms.saturating_add(BODIES_MS) > wall_ms;
        self.segments.len() > 1
            && needed.is_some_and(|needed| oldest.end <= needed)
            && (!is_young || !is_roomy || self.bytes() > self.most_bytes / 2)
    }
}

impl Segments {
    /// Where the first segment begins that lies in the last so many bytes; else the end.
    pub(crate) fn latest(&self, bytes: u64) -> u64 {
        let shelf = self.shelf();
        let from = shelf.end().saturating_sub(bytes);
        let found = shelf.segments.iter().find(|segment| segment.start >= from);
        found.map_or_else(|| shelf.end(), |segment| segment.start)
    }

    /// Lets go of what nobody needs; [`Self::sweep`] deletes it.
    pub(in crate::pipeline::spool) fn let_go(&self, shelf: &mut Shelf) {
        let wall = self.clock.wall_ms();
        let is_roomy = self.disk().is_none_or(|disk| disk.free > disk.all / 4);
        while shelf.is_oldest_free(wall, is_roomy) && shelf.is_oldest_known() {
            shelf.doom_oldest();
        }
        if shelf.is_oldest_free(wall, is_roomy) {
            self.ask_to_keep(shelf);
        }
    }

    /// What nobody needs waits for its claims, or for the linker: whichever of them lags is told.
    pub(in crate::pipeline::spool) fn ask_to_keep(&self, shelf: &Shelf) {
        let Some(oldest) = shelf.segments.front() else { return };
        if oldest.end > shelf.claimed {
            self.keep.notify_one();
        }
        if oldest.end > shelf.linked {
            self.keep_links.notify_one();
        }
    }

    /// Deletes what was let go of, while nobody waits for the shelf. Cursors are durable before anything goes that an
    /// older place would need.
    pub(in crate::pipeline::spool) fn sweep(&self) -> io::Result<()> {
        let mut shelf = self.shelf();
        if shelf.doomed.is_empty() {
            return Ok(());
        }
        let mut doomed = std::mem::take(&mut shelf.doomed);
        let being_deleted = doomed.len();
        shelf.being_deleted += being_deleted;
        let cursors: Vec<_> = shelf.cursors.values().map(|cursor| cursor.file.handle()).collect();
        drop(shelf);
        let mut swept = cursors.iter().try_for_each(|file| file.sync_data());
        while swept.is_ok()
            && let Some(start) = doomed.pop()
        {
            swept = self.delete(start).inspect_err(|_| doomed.push(start));
        }
        let mut shelf = self.shelf();
        shelf.being_deleted -= being_deleted;
        shelf.doomed.append(&mut doomed);
        swept
    }

    fn delete(&self, start: u64) -> io::Result<()> {
        let path = self.path(start);
        match fs::remove_file(&path) {
            Err(error) if self.is_gone(&error) => {
                tracing::error!(segment = %path.display(), "somebody else has deleted a segment");
                self.health.missing_segments.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            deleted => deleted,
        }
    }
}
