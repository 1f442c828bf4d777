//! Dead letters: what a destination refused for good, kept for a person. One file each, the oldest go first.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::body::Bytes;
use prost::Message;

use super::Load;
use crate::{clock::Clock, config::Destination, pipeline::signal::Signal};

/// Those of one destination.
#[derive(Clone, Debug)]
pub(crate) struct DeadLetters {
    directory: PathBuf,
    clock: Clock,
    written: Arc<AtomicU64>,
}

/// One of them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DeadLetter {
    /// 1 traces, 2 logs, 3 metrics.
    #[prost(uint32, tag = "1")]
    signal: u32,
    #[prost(string, tag = "2")]
    pub(crate) key: String,
    #[prost(string, tag = "3")]
    pub(crate) application: String,
    #[prost(uint64, tag = "4")]
    pub(crate) items: u64,
    /// What the destination said.
    #[prost(string, tag = "5")]
    pub(crate) reason: String,
    #[prost(uint64, tag = "6")]
    pub(crate) time_ms: u64,
    /// The request.
    #[prost(bytes = "bytes", tag = "7")]
    pub(crate) body: Bytes,
}

/// Letters of one destination: a person looks at a few, and then at what causes them.
const MOST: usize = 1_000;

/// Bytes of all of them.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

impl DeadLetters {
    pub(crate) fn new(data: &Path, to: &Destination, clock: &Clock) -> Self {
        let directory = data.join("dead-letters").join(&*to.name);
        Self { directory, clock: clock.clone(), written: Arc::default() }
    }

    /// Keeps a request that was refused, room permitting at the cost of the oldest.
    pub(super) async fn keep(&self, load: &Load, body: Bytes, items: u64, reason: String) -> io::Result<()> {
        let letter = DeadLetter {
            signal: match load.signal {
                Signal::Traces => 1,
                Signal::Logs => 2,
                Signal::Metrics => 3,
            },
            key: load.owner.key.to_string(),
            application: load.owner.application.to_string(),
            items,
            reason,
            time_ms: self.clock.wall_ms(),
            body,
        };
        let all = self.clone();
        let kept = tokio::task::spawn_blocking(move || all.write(&letter)).await;
        kept.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// All of them, oldest first.
    pub(crate) fn all(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "letter"));
        paths.sort();
        Ok(paths)
    }

    fn write(&self, letter: &DeadLetter) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        self.make_room(letter.body.len() as u64)?;
        // Names sort by time; the number tells those of one millisecond apart.
        let name = format!("{:013}-{:06}", letter.time_ms, self.written.fetch_add(1, Ordering::Relaxed));
        let beside = self.directory.join(format!("{name}.new"));
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(&letter.encode_to_vec())?;
        file.sync_data()?;
        fs::rename(beside, self.directory.join(format!("{name}.letter")))
    }

    fn make_room(&self, wanted: u64) -> io::Result<()> {
        let paths = self.all()?;
        let sizes = paths
            .iter()
            .map(|path| Ok(fs::metadata(path).map_or(0, |file| file.len())))
            .collect::<io::Result<Vec<_>>>()?;
        let (mut count, mut bytes) = (paths.len(), sizes.iter().sum::<u64>() + wanted);
        for (path, size) in paths.iter().zip(sizes) {
            if count < MOST && bytes <= MOST_BYTES {
                break;
            }
            tracing::warn!(letter = %path.display(), "the oldest dead letter makes room");
            // Somebody else may have made room too.
            fs::remove_file(path).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
            (count, bytes) = (count - 1, bytes - size);
        }
        Ok(())
    }
}

impl DeadLetter {
    /// Reads one.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        Self::decode(&*fs::read(path)?).map_err(io::Error::other)
    }

    pub(crate) fn signal(&self) -> Signal {
        match self.signal {
            2 => Signal::Logs,
            3 => Signal::Metrics,
            _ => Signal::Traces,
        }
    }
}
