//! Which segments there are, how far each is durable, and who has read how far.
//!
//! Offsets count from the beginning of the spool's life and never repeat; a segment is named after the offset
//! of its first byte. What lies in a file beyond the start of the next segment was never acknowledged.

mod bounds;
mod cursors;
mod health;
mod shelf;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, watch};

pub(crate) use self::health::Health;

use self::bounds::GivenUp;
pub(super) use self::{
    cursors::Cursor,
    shelf::{BODIES_MS, Segment, Shelf},
};

use super::{
    Erased, Missing,
    files::{self, Free},
    recent::Recent,
};
use crate::{
    clock::Clock,
    ledger::{Owner, Tally},
};

/// Shared by the writer, which adds, and the readers, which let go.
#[derive(Debug)]
pub(crate) struct Segments {
    directory: PathBuf,
    shelf: Mutex<Shelf>,
    end: watch::Sender<u64>,
    clock: Clock,
    /// Asks for the claims of what is in the spool to be made durable: segments wait for it.
    pub(super) keep: Notify,
    /// Asks for the link index to be made durable: segments wait for it too.
    pub(crate) keep_links: Notify,
    pub(crate) health: Health,
    pub(super) recent: Recent,
    pub(crate) erased: Arc<Erased>,
    pub(crate) missing: Arc<Missing>,
}

/// What a group of records adds to a segment.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub(super) tally: Tally,
    pub(super) newest_ms: u64,
    /// As [`Segment::bodies_ms`].
    pub(super) bodies_ms: u64,
    /// Events that wait from now on, and that do no longer.
    pub(super) waiting: Tally,
    pub(super) released: Tally,
}

impl Segments {
    pub(super) fn new(
        directory: PathBuf,
        shelf: Shelf,
        erased: Erased,
        missing: Arc<Missing>,
        clock: &Clock,
    ) -> Self {
        let end = watch::Sender::new(shelf.end());
        let (shelf, clock) = (Mutex::new(shelf), clock.clone());
        Self {
            directory,
            shelf,
            end,
            clock,
            keep: Notify::new(),
            keep_links: Notify::new(),
            health: Health::default(),
            recent: Recent::default(),
            erased: Arc::new(erased),
            missing,
        }
    }

    /// Tells when the spool has grown.
    pub(crate) fn grown(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// Where the oldest segment begins.
    pub(super) fn oldest(&self) -> u64 {
        let shelf = self.shelf();
        shelf.segments.front().map_or(shelf.end(), |first| first.start)
    }

    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.shelf().bytes()
    }

    /// Bytes that `destination` has not passed.
    pub(crate) fn depth(&self, destination: &str) -> u64 {
        let shelf = self.shelf();
        shelf.cursor(destination).map_or(0, |cursor| shelf.end().saturating_sub(cursor.place))
    }

    /// For each destination, bytes that it has not passed and how many that may be.
    pub(crate) fn depths(&self) -> Vec<(Arc<str>, u64, u64)> {
        let shelf = self.shelf();
        let depth = |cursor: &Cursor| shelf.end().saturating_sub(cursor.place);
        shelf
            .cursors
            .iter()
            .map(|(name, cursor)| (Arc::clone(name), depth(cursor), cursor.max_bytes))
            .collect()
    }

    /// How much room the disk has.
    pub(crate) fn disk(&self) -> Option<Free> {
        files::free(&self.directory).ok()
    }

    /// Where `destination` goes on.
    pub(crate) fn place(&self, destination: &str) -> u64 {
        let shelf = self.shelf();
        shelf.cursor(destination).map_or_else(|| shelf.end(), |cursor| cursor.place)
    }

    /// `destination` has decided of `events` of `owner` in the segment it is in.
    pub(crate) fn settle(&self, destination: &str, owner: &Owner, events: u64) {
        if let Some(cursor) = self.shelf().cursor_mut(destination) {
            cursor.done.add(owner, events);
        }
    }

    /// `destination` needs nothing before `place` any more. Segments that nobody needs are deleted. Gives what was in
    /// the segments it has left and never came to it: that was damaged.
    pub(crate) fn pass(&self, destination: &str, place: u64) -> (Tally, io::Result<()>) {
        let now = self.clock.monotonic();
        self.recent.pass(place);
        let mut shelf = self.shelf();
        let lost = shelf.advance(destination, place);
        let saved = shelf.cursor_mut(destination).map_or(Ok(None), |cursor| cursor.file.save(place, now));
        self.let_go(&mut shelf);
        drop(shelf);
        let synced = saved.and_then(|due| due.map_or(Ok(()), |file| file.sync_data()));
        // Whatever became of the cursor: a full disk needs the room.
        let swept = self.sweep();
        (lost, synced.and(swept))
    }

    /// What `destination` does not need any more because it lies beyond its bounds; it goes on behind that. `decided`: what
    /// it has decided of in the segment it is in, and has not told by [`Self::settle`].
    pub(crate) fn give_up(&self, destination: &str, decided: &Tally) -> Option<GivenUp> {
        let (wall, now) = (self.clock.wall_ms(), self.clock.monotonic());
        let mut shelf = self.shelf();
        let given_up = shelf.give_up(destination, decided, wall)?;
        let saved = shelf.cursor_mut(destination)?.file.save(given_up.place, now);
        self.let_go(&mut shelf);
        drop(shelf);
        if let Err(error) = saved.map(|_| ()).and(self.sweep()) {
            tracing::error!(destination, %error, "what was given up is still in the spool: a restart will find it again");
        }
        Some(given_up)
    }

    /// The claims of everything before `place` are durable elsewhere.
    pub(super) fn claims_are_durable(&self, place: u64) -> io::Result<()> {
        let mut shelf = self.shelf();
        shelf.claimed = shelf.claimed.max(place);
        self.let_go(&mut shelf);
        drop(shelf);
        self.sweep()
    }

    /// Nothing before `place` waits any more, and the link index knows all of it.
    pub(crate) fn links_are_durable(&self, place: u64) -> io::Result<()> {
        let mut shelf = self.shelf();
        shelf.linked = shelf.linked.max(place);
        self.let_go(&mut shelf);
        drop(shelf);
        self.sweep()
    }

    /// Where the spool ends.
    pub(crate) fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// Events that wait for the linker.
    pub(crate) fn events_waiting(&self) -> u64 {
        self.shelf().waiting.total()
    }

    /// Where the next segment begins, and the one before it.
    pub(super) fn next_start(&self) -> (u64, Segment) {
        let shelf = self.shelf();
        (shelf.next_start(), shelf.segments.back().cloned().unwrap_or_default())
    }

    /// A new segment is durable; the one before it grows no more.
    pub(super) fn add(&self, segment: Segment) {
        let end = segment.end;
        let mut shelf = self.shelf();
        shelf.add(segment);
        // So that the one before it may go as soon as nobody needs it.
        self.ask_to_keep(&shelf);
        drop(shelf);
        self.end.send_replace(end);
    }

    /// The newest segment is durable up to `end`, and holds `added` more.
    pub(super) fn grow(&self, end: u64, added: &Added) {
        let mut shelf = self.shelf();
        if let Some(last) = shelf.segments.back_mut() {
            last.end = end;
            last.totals.add_all(&added.tally);
            last.waited.add_all(&added.waiting);
            last.newest_ms = last.newest_ms.max(added.newest_ms);
            last.bodies_ms = last.bodies_ms.max(added.bodies_ms);
        }
        shelf.waiting.add_all(&added.waiting);
        shelf.waiting = shelf.waiting.less(&added.released);
        drop(shelf);
        self.end.send_replace(end);
    }

    /// Without destinations nobody passes anything: the oldest segments make room for `wanted` bytes.
    pub(super) fn make_room(&self, wanted: u64) -> io::Result<()> {
        let mut shelf = self.shelf();
        if shelf.cursors.is_empty() {
            while shelf.bytes() + wanted > shelf.most_bytes && shelf.is_oldest_known() {
                shelf.doom_oldest();
            }
            if shelf.bytes() + wanted > shelf.most_bytes {
                self.ask_to_keep(&shelf);
            }
        }
        drop(shelf);
        self.sweep()
    }

    /// Whether a segment may begin whose head has `head` bytes. The newest is deleted only when it has a successor,
    /// so where it is the only one a successor may always begin.
    pub(super) fn may_begin(&self, head: u64) -> bool {
        let shelf = self.shelf();
        shelf.segments.len() <= 1 || shelf.bytes() + head <= shelf.most_bytes
    }

    /// The segment that holds `place`, or the next one after it.
    pub(super) fn find(&self, place: u64) -> Option<(u64, u64)> {
        let shelf = self.shelf();
        let found = shelf.segments.iter().find(|segment| place < segment.end)?;
        Some((found.start, found.end))
    }

    /// Whether a segment is gone for good. Where the whole directory is, a disk may come back.
    pub(super) fn is_gone(&self, error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::NotFound && self.directory.is_dir()
    }

    pub(super) fn path(&self, start: u64) -> PathBuf {
        path(&self.directory, start)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether there is something to delete as soon as its claims are durable.
    #[cfg(test)]
    pub(super) fn waits_for_claims(&self) -> bool {
        let mut shelf = self.shelf();
        self.let_go(&mut shelf);
        drop(shelf);
        self.sweep().unwrap();
        let shelf = self.shelf();
        let needed = shelf.cursors.values().map(|cursor| cursor.place).min();
        let waits = shelf.segments.front().is_some_and(|oldest| Some(oldest.end) <= needed);
        // Somebody else may be deleting what was let go of.
        (waits && shelf.segments.len() > 1) || shelf.being_deleted > 0
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn path(directory: &Path, start: u64) -> PathBuf {
    directory.join(format!("{start:016x}.seg"))
}
