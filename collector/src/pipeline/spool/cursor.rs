//! A destination's place in the spool, in a file of its own that is always whole and never grows.
//!
//! Two slots are overwritten in turn, so that a crash leaves the old place or the new one, and saving needs no room on
//! a full disk. Saving is not synced each time: after a power cut a destination may get again what it has.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::config::Applications;

/// The file of one destination.
#[derive(Debug)]
pub(super) struct CursorFile {
    file: Arc<File>,
    saves: u64,
    place: u64,
    /// When it was last synced, by the collector's clock.
    synced: Duration,
}

/// What a cursor's file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    /// Nothing: there was none.
    New,
    /// Nothing that can be read.
    Damaged,
    /// The place last saved.
    At(u64),
}

const MAGIC: [u8; 8] = *b"weftcur1";
const SLOT: usize = 32;

/// Where the names of applications begin.
const NAMES: usize = 2 * SLOT;

/// Whoever loses power loses at most so much of what was saved.
const SYNC_EVERY: Duration = Duration::from_secs(1);

impl CursorFile {
    /// Opens the cursor of `destination`.
    pub(super) fn open(directory: &Path, destination: &str) -> io::Result<(Self, Saved)> {
        let path = path(directory, destination);
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(&path)?;
        let mut bytes = [0; NAMES];
        let length = file.read_at(&mut bytes, 0)?;
        let newest = bytes.as_chunks::<SLOT>().0.iter().filter_map(read).max_by_key(|(saves, _)| *saves);
        let saved = match newest {
            Some((_, place)) => Saved::At(place),
            None if length == 0 => Saved::New,
            None => {
                tracing::warn!(destination, "cursor is damaged: everything in the spool is sent again");
                Saved::Damaged
            }
        };
        let (saves, place) = newest.unwrap_or((0, 0));
        Ok((Self { file: Arc::new(file), saves, place, synced: Duration::ZERO }, saved))
    }

    /// The place last saved; 0 if there is none.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    /// Which applications' events it was for when that was last said.
    pub(super) fn applications(&self) -> io::Result<Applications> {
        let length = self.file.metadata()?.len().saturating_sub(NAMES as u64);
        let mut names = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file.read_exact_at(&mut names, NAMES as u64)?;
        Ok(Applications::from_lines(&String::from_utf8_lossy(&names)))
    }

    /// Notes whose events it is for: who lets go of it later counts those.
    pub(super) fn set_applications(&mut self, applications: &Applications) -> io::Result<()> {
        let names = applications.to_lines();
        self.file.write_all_at(names.as_bytes(), NAMES as u64)?;
        self.file.set_len((NAMES + names.len()) as u64)
    }

    /// Saves a place. What it gives is to be synced, when nobody waits for it.
    pub(super) fn save(&mut self, place: u64, now: Duration) -> io::Result<Option<Arc<File>>> {
        self.saves += 1;
        self.place = place;
        let slot = if self.saves.is_multiple_of(2) { 0 } else { SLOT as u64 };
        self.file.write_all_at(&written(self.saves, place), slot)?;
        let is_due = now.saturating_sub(self.synced) >= SYNC_EVERY;
        if is_due {
            self.synced = now;
        }
        Ok(is_due.then(|| self.handle()))
    }

    /// The file, to be synced before anything is deleted that an older place would need.
    pub(super) fn handle(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }
}

/// Destinations that have a cursor.
pub(super) fn all(directory: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    Ok(names
        .collect::<io::Result<Vec<_>>>()?
        .into_iter()
        .filter_map(|name| name.strip_suffix(".cur").map(str::to_owned))
        .collect())
}

/// Forgets a destination.
pub(super) fn remove(directory: &Path, destination: &str) -> io::Result<()> {
    fs::remove_file(path(directory, destination))
}

fn path(directory: &Path, destination: &str) -> PathBuf {
    directory.join(format!("{destination}.cur"))
}

fn written(saves: u64, place: u64) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    let (content, sum) = slot.split_at_mut(24);
    for (to, from) in
        content.as_chunks_mut::<8>().0.iter_mut().zip([MAGIC, saves.to_le_bytes(), place.to_le_bytes()])
    {
        *to = from;
    }
    let checksum = u64::from(crc32fast::hash(content));
    sum.copy_from_slice(&checksum.to_le_bytes());
    slot
}

/// How many times it had been saved, and the place.
fn read(slot: &[u8; SLOT]) -> Option<(u64, u64)> {
    let [_, saves, place, _] = slot.as_chunks::<8>().0 else { return None };
    let (saves, place) = (u64::from_le_bytes(*saves), u64::from_le_bytes(*place));
    (written(saves, place) == *slot).then_some((saves, place))
}
