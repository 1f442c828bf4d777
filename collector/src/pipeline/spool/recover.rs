//! Opens a spool: one collector at a time, past whatever a crash left, with everything taken still taken.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};

use prost::Message;
use tokio::sync::mpsc;

use super::{
    Spool,
    claims::Claims,
    files::{self, Disk, RealDisk},
    intervals::Intervals,
    owner,
    record::{Kind, Record},
    segment::{self, Next},
    segments::{self, Segment, Segments},
    writer::Writer,
};
use crate::{
    clock::Clock,
    config::{self, Config},
    ledger::Ledger,
    metrics::Meters,
    sessions::Sessions,
};

/// Why the spool cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Two collectors on one spool would destroy it.
    #[error("{0} is in use by another collector: give each its own `data` directory")]
    InUse(PathBuf),
    /// The disk refused.
    #[error("{path}: {error}; check that it exists and is writable, or set `data`")]
    Io {
        /// What was opened.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// An open spool.
pub(crate) struct Opened {
    pub(crate) spool: Spool,
    pub(crate) segments: Arc<Segments>,
    /// Ends when every [`Spool`] is gone and everything is written.
    pub(crate) writer: JoinHandle<()>,
    /// Nobody else opens the spool while this exists. The writer holds it too, however long it outlives the rest.
    pub(crate) lock: Arc<File>,
}

/// Opens the spool of `config` and starts its writer.
pub(crate) fn open(
    config: &Config,
    clock: &Clock,
    ledger: &Ledger,
    sessions: &Sessions,
    meters: &Arc<Meters>,
) -> Result<Opened, OpenError> {
    open_on(Box::new(RealDisk), config, clock, ledger, sessions, meters)
}

pub(super) fn open_on(
    disk: Box<dyn Disk>,
    config: &Config,
    clock: &Clock,
    ledger: &Ledger,
    sessions: &Sessions,
    meters: &Arc<Meters>,
) -> Result<Opened, OpenError> {
    let directory = config.data.join("spool");
    let cursors = config.data.join("cursors");
    let failed = |error| OpenError::Io { path: config.data.clone(), error };
    files::make_directory(&directory).map_err(failed)?;
    files::make_directory(&cursors).map_err(failed)?;
    let lock = Arc::new(lock(&directory)?);
    let mut scan = Scan::new(&config.spool);
    let starts = starts(&directory).map_err(failed)?;
    for (at, start) in starts.iter().enumerate() {
        scan.file(&directory, *start, starts.get(at + 1).copied()).map_err(failed)?;
    }
    let segments = Arc::new(Segments::new(directory, cursors, scan.segments));
    segments.health.torn_tails.store(scan.torn, Ordering::Relaxed);
    segments.health.damaged_bytes.store(scan.damaged, Ordering::Relaxed);
    recover(&scan.found, &segments, config, ledger);
    let (sender, jobs) = mpsc::channel(config.spool.queue);
    let writer = Writer {
        disk,
        segments: Arc::clone(&segments),
        claims: scan.claims,
        open: None,
        settings: config.spool.clone(),
        clock: clock.clone(),
        meters: Arc::clone(meters),
        sessions: sessions.clone(),
        runtime: tokio::runtime::Handle::current(),
        _lock: Arc::clone(&lock),
    };
    let writer =
        std::thread::Builder::new().name("spool".into()).spawn(move || writer.run(jobs)).map_err(failed)?;
    Ok(Opened { spool: Spool::new(sender, clock, config), segments, writer, lock })
}

/// Counts what each destination has not passed yet.
fn recover(found: &[(u64, Found)], segments: &Segments, config: &Config, ledger: &Ledger) {
    for to in &config.destinations.0 {
        let place = segments.register(&to.name);
        let ahead = found.iter().filter(|(end, found)| *end > place && to.takes(&found.application));
        for (_, found) in ahead {
            ledger.recover(&found.key, &found.application, &to.name, found.events);
        }
    }
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join("lock");
    let failed = |error| OpenError::Io { path: path.clone(), error };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Starts of all segments, ascending.
fn starts(directory: &Path) -> io::Result<Vec<u64>> {
    let mut starts = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let start = name.to_str().and_then(|name| name.strip_suffix(".seg"));
        starts.extend(start.and_then(|start| u64::from_str_radix(start, 16).ok()));
    }
    starts.sort_unstable();
    Ok(starts)
}

/// What a pass over all segments finds.
struct Scan {
    segments: VecDeque<Segment>,
    claims: Claims,
    /// End and content of every record.
    found: Vec<(u64, Found)>,
    torn: u64,
    damaged: u64,
}

struct Found {
    key: Arc<str>,
    application: Arc<str>,
    events: u64,
}

impl Scan {
    fn new(settings: &config::Spool) -> Self {
        let claims = Claims::new(settings);
        Self { segments: VecDeque::new(), claims, found: Vec::new(), torn: 0, damaged: 0 }
    }

    /// `next`: where the next segment begins. What this file holds beyond that was never acknowledged.
    fn file(&mut self, directory: &Path, start: u64, next: Option<u64>) -> io::Result<()> {
        let path = segments::path(directory, start);
        let mut bytes = fs::read(&path)?;
        let most = next.map_or(u64::MAX, |next| next - start);
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        if bytes.len() < segment::MAGIC.len() {
            // Created and never synced: nothing in it was acknowledged, and its name is used again.
            self.torn += 1;
            return fs::remove_file(&path);
        }
        let mut at = segment::MAGIC.len();
        let ours = bytes.starts_with(&segment::MAGIC);
        loop {
            match segment::next(bytes.get(at..).unwrap_or_default()) {
                Next::Frame { payload, length } if ours => {
                    at += length;
                    let Ok(record) = Record::decode(payload) else {
                        tracing::error!(segment = %path.display(), at, "spool holds what is no record");
                        self.damaged += length as u64;
                        continue;
                    };
                    self.record(&record, start + at as u64);
                }
                Next::Torn { .. } if ours && next.is_none() => {
                    self.torn += 1;
                    OpenOptions::new().write(true).open(&path)?.set_len(at as u64)?;
                    break;
                }
                Next::End => break,
                _ => {
                    tracing::error!(segment = %path.display(), at, "spool is damaged: the rest of a segment is skipped");
                    // The next segment begins where this one is still whole, which hides the rest from every reader.
                    self.damaged += (bytes.len() - at) as u64;
                    break;
                }
            }
        }
        self.segments.push_back(Segment { start, end: start + at as u64 });
        Ok(())
    }

    fn record(&mut self, record: &Record, end: u64) {
        record.claims.iter().for_each(|claim| self.claims.restore(claim));
        if record.kind() == Kind::Claims {
            return;
        }
        if let Ok(page) = <[u8; 16]>::try_from(record.page.as_slice()) {
            self.claims.take(&owner(record), page, &Intervals::from_wire(&record.taken));
        }
        let found = Found {
            key: record.key.as_str().into(),
            application: record.application.as_str().into(),
            events: record.events,
        };
        self.found.push((end, found));
    }
}
