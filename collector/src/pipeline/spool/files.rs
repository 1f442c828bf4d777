//! The disk as the writer sees it, so that a test can make it fail.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use crate::config;

/// Makes segments.
pub(super) trait Disk: Send + 'static {
    /// A new, empty file.
    fn create(&mut self, path: &Path) -> io::Result<Box<dyn SegmentFile>>;
    /// Makes the names in `directory` durable.
    fn sync_directory(&mut self, directory: &Path) -> io::Result<()>;
    /// How much room there is.
    fn free(&self, directory: &Path) -> io::Result<Free>;
}

/// Room on a disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Free {
    pub(crate) free: u64,
    pub(crate) all: u64,
}

impl Free {
    /// Whether less than the reserve of `settings` would be left after `incoming`.
    pub(crate) fn is_below(self, settings: &config::Spool, incoming: u64) -> bool {
        self.free < incoming.saturating_add(settings.reserve_of(self.all))
    }
}

/// A file that only grows.
pub(super) trait SegmentFile: Send {
    /// Writes all of `bytes` at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything appended is durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Forgets everything from `length` on.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// The real one. Files are readable by their owner only: they hold what people did.
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn create(&mut self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn sync_directory(&mut self, directory: &Path) -> io::Result<()> {
        sync_directory(directory)
    }

    fn free(&self, directory: &Path) -> io::Result<Free> {
        free(directory)
    }
}

impl SegmentFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.sync_data()
    }
}

/// How much room there is where `directory` is.
pub(crate) fn free(directory: &Path) -> io::Result<Free> {
    let disk = rustix::fs::statvfs(directory)?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok(Free { free: bytes(disk.f_bavail), all: bytes(disk.f_blocks) })
}

/// Makes `directory`, for its owner only.
pub(crate) fn make_directory(directory: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Makes the names in `directory` durable.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
