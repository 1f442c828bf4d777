//! Which segments there are, how far each is durable, and who has read how far.
//!
//! Offsets count from the beginning of the spool's life and never repeat; a segment is named after the offset
//! of its first byte. What lies in a file beyond the start of the next segment was never acknowledged.

use std::{
    collections::{BTreeMap, VecDeque},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use super::cursor;

/// Shared by the writer, which adds, and the readers, which let go.
#[derive(Debug)]
pub(crate) struct Segments {
    directory: PathBuf,
    cursors_directory: PathBuf,
    shelf: Mutex<Shelf>,
    end: watch::Sender<u64>,
    pub(crate) health: Health,
}

/// What an operator wants to know of the disk.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// The last write failed.
    pub(crate) failing: AtomicBool,
    /// The last batch found no room.
    pub(crate) full: AtomicBool,
    /// Bytes found damaged at start.
    pub(crate) damaged_bytes: AtomicU64,
    /// Bytes that a reader skipped because their checksum does not hold.
    pub(crate) skipped_bytes: AtomicU64,
    /// Segments that somebody else had deleted.
    pub(crate) missing_segments: AtomicU64,
    /// Segments found with a record that was being written when the collector died.
    pub(crate) torn_tails: AtomicU64,
    /// Pages and numbers forgotten by the claims.
    pub(crate) forgotten_claims: AtomicU64,
}

#[derive(Debug, Default)]
struct Shelf {
    /// By offset. The last may still grow.
    segments: VecDeque<Segment>,
    cursors: BTreeMap<Arc<str>, u64>,
}

/// A stretch of the spool in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) start: u64,
    /// Durable up to here.
    pub(super) end: u64,
}

impl Segments {
    pub(super) fn new(directory: PathBuf, cursors_directory: PathBuf, segments: VecDeque<Segment>) -> Self {
        let end = segments.back().map_or(0, |last| last.end);
        let shelf = Mutex::new(Shelf { segments, cursors: BTreeMap::new() });
        let end = watch::Sender::new(end);
        Self { directory, cursors_directory, shelf, end, health: Health::default() }
    }

    /// Tells when the spool has grown.
    pub(crate) fn grown(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.shelf().bytes()
    }

    /// Takes `destination` up where it left off, or at the oldest record there is. Gives its place.
    pub(crate) fn register(&self, destination: &Arc<str>) -> u64 {
        let saved = cursor::load(&self.cursors_directory, destination);
        let mut shelf = self.shelf();
        let oldest = shelf.segments.front().map_or(0, |first| first.start);
        // A cursor may be ahead of all that is left after damage: the spool goes on from there.
        let place = saved.unwrap_or(oldest);
        shelf.cursors.insert(Arc::clone(destination), place);
        place
    }

    /// `destination` needs nothing before `place` any more. Segments that nobody needs are deleted.
    pub(crate) fn pass(&self, destination: &Arc<str>, place: u64) -> io::Result<()> {
        cursor::save(&self.cursors_directory, destination, place)?;
        let mut shelf = self.shelf();
        shelf.cursors.insert(Arc::clone(destination), place);
        let Some(needed) = shelf.cursors.values().min().copied() else { return Ok(()) };
        // The newest segment stays: its head remembers all claims.
        while shelf.segments.len() > 1 && shelf.segments.front().is_some_and(|oldest| oldest.end <= needed) {
            self.delete_oldest(&mut shelf)?;
        }
        Ok(())
    }

    /// Where the next segment begins.
    pub(super) fn next_start(&self) -> u64 {
        let shelf = self.shelf();
        let end = shelf.segments.back().map_or(0, |last| last.end);
        end.max(shelf.cursors.values().max().copied().unwrap_or(0))
    }

    /// A new segment is durable up to `end`.
    pub(super) fn add(&self, segment: Segment) {
        self.shelf().segments.push_back(segment);
        self.end.send_replace(segment.end);
    }

    /// The newest segment is durable up to `end`.
    pub(super) fn grow(&self, end: u64) {
        if let Some(last) = self.shelf().segments.back_mut() {
            last.end = end;
        }
        self.end.send_replace(end);
    }

    /// Without destinations nobody passes anything: the oldest segments make room for `wanted` bytes.
    pub(super) fn make_room(&self, wanted: u64, most: u64) -> io::Result<()> {
        let mut shelf = self.shelf();
        if !shelf.cursors.is_empty() {
            return Ok(());
        }
        while shelf.segments.len() > 1 && shelf.bytes() + wanted > most {
            self.delete_oldest(&mut shelf)?;
        }
        Ok(())
    }

    /// Whether a segment may begin whose head has `head` bytes. The newest is deleted only when it has a successor,
    /// so where it is the only one a successor may always begin.
    pub(super) fn may_begin(&self, head: u64, most: u64) -> bool {
        let shelf = self.shelf();
        shelf.segments.len() <= 1 || shelf.bytes() + head <= most
    }

    /// The segment that holds `place`, or the next one after it.
    pub(super) fn find(&self, place: u64) -> Option<Segment> {
        let shelf = self.shelf();
        shelf.segments.iter().find(|segment| place < segment.end).copied()
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

    fn delete_oldest(&self, shelf: &mut Shelf) -> io::Result<()> {
        let Some(oldest) = shelf.segments.front() else { return Ok(()) };
        match fs::remove_file(self.path(oldest.start)) {
            Ok(()) => {}
            Err(error) if self.is_gone(&error) => {
                tracing::error!(segment = %self.path(oldest.start).display(), "somebody else has deleted a segment");
                self.health.missing_segments.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => return Err(error),
        }
        shelf.segments.pop_front();
        Ok(())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.end - segment.start).sum()
    }
}

impl Health {
    pub(super) fn add_skipped(&self, bytes: u64) {
        self.skipped_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

pub(super) fn path(directory: &Path, start: u64) -> PathBuf {
    directory.join(format!("{start:016x}.seg"))
}
