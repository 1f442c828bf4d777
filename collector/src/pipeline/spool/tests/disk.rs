//! A disk that can be told to fail or to hold its syncs.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::super::files::{Disk, Free, RealDisk, SegmentFile};

/// A real disk but for its moods.
#[derive(Clone, Default)]
pub(super) struct Moody(Arc<Mood>);

#[derive(Default)]
struct Mood {
    fails: AtomicBool,
    /// Room that is left, if somebody said so.
    room: Mutex<Option<u64>>,
    syncs: AtomicUsize,
    held: Mutex<bool>,
    released: Condvar,
}

impl Moody {
    /// From now on syncs fail, or no longer.
    pub(super) fn fail(&self, fail: bool) {
        self.0.fails.store(fail, Ordering::SeqCst);
    }

    /// From now on so many bytes are free, or as many as really are.
    pub(super) fn leave(&self, room: Option<u64>) {
        *self.0.room.lock().unwrap() = room;
    }

    /// Syncs begun.
    pub(super) fn syncs(&self) -> usize {
        self.0.syncs.load(Ordering::SeqCst)
    }

    /// From now on syncs wait, or no longer.
    pub(super) fn hold(&self, hold: bool) {
        *self.0.held.lock().unwrap() = hold;
        self.0.released.notify_all();
    }
}

impl Disk for Moody {
    fn create(&mut self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        Ok(Box::new(MoodyFile { inner: RealDisk.create(path)?, mood: self.clone() }))
    }

    fn sync_directory(&mut self, directory: &Path) -> io::Result<()> {
        RealDisk.sync_directory(directory)
    }

    fn free(&self, directory: &Path) -> io::Result<Free> {
        let disk = RealDisk.free(directory)?;
        let room = *self.0.room.lock().unwrap();
        Ok(Free { free: room.unwrap_or(disk.free), ..disk })
    }
}

struct MoodyFile {
    inner: Box<dyn SegmentFile>,
    mood: Moody,
}

impl SegmentFile for MoodyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.mood.0.syncs.fetch_add(1, Ordering::SeqCst);
        let held = self.mood.0.held.lock().unwrap();
        drop(self.mood.0.released.wait_while(held, |held| *held).unwrap());
        if self.mood.0.fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is in a mood"));
        }
        self.inner.sync()
    }

    /// Fails with the rest, so that what was not acknowledged stays in the file.
    fn cut(&mut self, length: u64) -> io::Result<()> {
        if self.mood.0.fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is in a mood"));
        }
        self.inner.cut(length)
    }
}
