//! Maps on disk, beside the spool: compressed, for the collector's user alone, the oldest gone when there is no room.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::{DebugId, Map};
use crate::pipeline::spool::make_directory;

/// Bytes of a map. Those of large applications, with their sources, have some ten million.
pub(crate) const MOST_MAP_BYTES: usize = 64 << 20;

const LEVEL: i32 = 3;
const ENDING: &str = "map.zst";

/// All that are kept.
pub(crate) struct SourceMaps {
    directory: PathBuf,
    /// As they are on disk.
    most_bytes: u64,
    /// One is taken at a time: it is read whole first, which needs several times its bytes of memory.
    taking: Mutex<()>,
}

/// Why a map was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    /// By setting.
    #[error("this collector keeps none: set explorer.source_maps_mib")]
    Off,
    /// It cannot be used.
    #[error("{0}")]
    NoMap(String),
    /// It alone is more than all may be.
    #[error("it takes {0} bytes compressed, more than explorer.source_maps_mib")]
    TooLarge(u64),
    /// The disk fails.
    #[error("it cannot be written: {0}")]
    Disk(#[from] io::Error),
}

/// One of them.
pub(crate) struct Kept {
    pub(crate) id: DebugId,
    /// On disk.
    pub(crate) bytes: u64,
    pub(crate) since: SystemTime,
}

impl SourceMaps {
    pub(crate) fn new(data: &Path, most_bytes: u64) -> Self {
        Self { directory: data.join("sourcemaps"), most_bytes, taking: Mutex::new(()) }
    }

    /// Keeps `map` under `id`, instead of what was under it. As long as somebody does this, others wait.
    ///
    /// # Errors
    /// If it is none, or there is no room for it.
    pub(crate) fn keep(&self, id: DebugId, map: &[u8]) -> Result<(), NotKept> {
        if self.most_bytes == 0 {
            return Err(NotKept::Off);
        }
        let _turn = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        Map::read(map).map_err(NotKept::NoMap)?;
        let small = zstd::encode_all(map, LEVEL)?;
        let bytes = small.len() as u64;
        if bytes > self.most_bytes {
            return Err(NotKept::TooLarge(bytes));
        }
        make_directory(&self.directory)?;
        let unfinished = self.directory.join("unfinished");
        fs::write(&unfinished, small)?;
        fs::rename(&unfinished, self.place(id))?;
        self.make_room(id)
    }

    /// The map under `id`. `None`: there is none, or it cannot be read any more.
    pub(crate) fn read(&self, id: DebugId) -> Option<Map> {
        let small = fs::File::open(self.place(id)).ok()?;
        let reader = zstd::Decoder::new(small).ok()?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(reader, MOST_MAP_BYTES as u64), &mut bytes).ok()?;
        Map::read(&bytes).ok()
    }

    /// All of them, the newest first.
    pub(crate) fn all(&self) -> Vec<Kept> {
        let Ok(files) = fs::read_dir(&self.directory) else { return Vec::new() };
        let mut all: Vec<Kept> = files.filter_map(|file| kept(&file.ok()?)).collect();
        all.sort_by_key(|kept| (std::cmp::Reverse(kept.since), kept.id));
        all
    }

    /// The oldest go until the rest has room. `latest` stays, whatever the clock of the disk says.
    fn make_room(&self, latest: DebugId) -> Result<(), NotKept> {
        let mut used = 0;
        let (first, others): (Vec<_>, Vec<_>) = self.all().into_iter().partition(|kept| kept.id == latest);
        for kept in first.into_iter().chain(others) {
            used += kept.bytes;
            if used > self.most_bytes {
                tracing::info!(id = %kept.id, "source map made room for newer ones: see explorer.source_maps_mib");
                fs::remove_file(self.place(kept.id))?;
            }
        }
        Ok(())
    }

    fn place(&self, id: DebugId) -> PathBuf {
        self.directory.join(format!("{id}.{ENDING}"))
    }
}

fn kept(file: &fs::DirEntry) -> Option<Kept> {
    let name = file.file_name();
    let id = DebugId::read(name.to_str()?.strip_suffix(ENDING)?.strip_suffix('.')?)?;
    let of = file.metadata().ok()?;
    Some(Kept { id, bytes: of.len(), since: of.modified().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &[u8] =
        br#"{"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA","sourcesContent":["one"]}"#;

    fn id(number: u8) -> DebugId {
        DebugId::of_hash([number; 16])
    }

    #[test]
    fn the_oldest_make_room_for_what_comes() {
        let data = tempfile::tempdir().unwrap();
        let size = zstd::encode_all(MAP, LEVEL).unwrap().len() as u64;
        let maps = SourceMaps::new(data.path(), size * 2 + 1);
        for number in 1..=3 {
            maps.keep(id(number), MAP).unwrap();
        }
        let all = maps.all();
        assert_eq!(all.len(), 2, "there is room for two");
        assert!(maps.read(id(3)).is_some(), "the latest is one of them");
        assert!(all.iter().all(|kept| maps.read(kept.id).is_some()));
    }

    #[test]
    fn what_is_no_map_or_has_no_room_is_not_taken_and_leaves_what_was_there() {
        let data = tempfile::tempdir().unwrap();
        let maps = SourceMaps::new(data.path(), 1 << 20);
        maps.keep(id(1), MAP).unwrap();
        for none in [&b"<!doctype html>"[..], b"[1]"] {
            assert!(matches!(maps.keep(id(1), none), Err(NotKept::NoMap(_))), "{none:?}");
        }
        assert!(maps.read(id(1)).is_some());
        let small = SourceMaps::new(data.path(), 3);
        assert!(matches!(small.keep(id(2), MAP), Err(NotKept::TooLarge(_))));
        assert!(matches!(SourceMaps::new(data.path(), 0).keep(id(2), MAP), Err(NotKept::Off)));
        assert_eq!(maps.all().len(), 1);
    }

    #[test]
    fn a_map_that_the_disk_has_damaged_is_none() {
        let data = tempfile::tempdir().unwrap();
        let maps = SourceMaps::new(data.path(), 1 << 20);
        maps.keep(id(1), MAP).unwrap();
        fs::write(maps.place(id(1)), b"not it").unwrap();
        assert!(maps.read(id(1)).is_none() && maps.read(id(2)).is_none());
    }
}
