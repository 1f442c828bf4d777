//! Opens a spool: one collector at a time, past whatever a crash left, with everything taken still taken.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Erased, Spool,
    claims::{Keeper, Store, StoreError},
    files::{self, Disk, RealDisk},
    places,
    scan::{Scan, Scanned},
    segments::Segments,
    writer::Writer,
};
use crate::{
    clock::Clock, config::Config, ledger::Ledger, metrics::Meters, pipeline::link::WaitingRoom,
    sessions::Sessions,
};

/// Why the spool cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Two collectors on one spool would destroy it.
    #[error("{0} is in use by another collector: give each its own `data` directory")]
    InUse(PathBuf),
    /// A later collector wrote it.
    #[error(
        "{path} is of version {version}, which this collector does not read: start the one that wrote it, let it \
         deliver everything (`weft drain`), stop it, delete the segments, and then start this one"
    )]
    Version {
        /// The segment.
        path: PathBuf,
        /// What it says.
        version: char,
    },
    /// The claims cannot be opened.
    #[error("{path}: {error}; check that it is writable, or set `data`")]
    Claims {
        /// Where they are.
        path: PathBuf,
        /// What the store said.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
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
    /// End when every [`Spool`] is gone and everything is written.
    pub(crate) threads: Vec<JoinHandle<()>>,
    /// Nobody else opens the spool while this exists. The writer holds it too, however long it outlives the rest.
    pub(crate) lock: Arc<File>,
}

/// What the spool is opened with.
#[derive(Clone, Copy)]
pub(crate) struct With<'a> {
    pub(crate) config: &'a Config,
    pub(crate) clock: &'a Clock,
    pub(crate) ledger: &'a Ledger,
    pub(crate) sessions: &'a Sessions,
    pub(crate) meters: &'a Arc<Meters>,
    /// Where what waits is put.
    pub(crate) waiting_room: &'a Arc<WaitingRoom>,
    /// The link index knows everything before. `None`: there is none.
    pub(crate) linked: Option<u64>,
}

/// Opens the spool and starts its threads.
pub(crate) fn open(with: With<'_>) -> Result<Opened, OpenError> {
    open_on(Box::new(RealDisk), with)
}

pub(super) fn open_on(disk: Box<dyn Disk>, with: With<'_>) -> Result<Opened, OpenError> {
    let With { config, clock, ledger, .. } = with;
    let directory = config.data.join("spool");
    let failed = |error| OpenError::Io { path: config.data.clone(), error };
    files::make_directory(&directory).map_err(failed)?;
    let lock = Arc::new(lock(&directory)?);
    let store = claims_store(config)?;
    store.tell(ledger);
    let starts = starts(&directory).map_err(failed)?;
    let cursors = places::open(config, starts.first().copied()).map_err(failed)?;
    let mut scan = Scan::new(with, &store, cursors, erased(&store, config)?);
    for (at, start) in starts.iter().enumerate() {
        scan.file(&directory, *start, starts.get(at + 1).copied())?;
    }
    let Scanned { claims, bodies, erased, mut shelf, torn, damaged } = scan.finish();
    places::settle(&mut shelf, config, ledger).map_err(failed)?;
    let segments = Arc::new(Segments::new(directory, shelf, erased, claims.missing(), clock));
    segments.health.torn_tails.store(torn, Ordering::Relaxed);
    segments.health.damaged_bytes.store(damaged, Ordering::Relaxed);
    let (jobs, queue) = mpsc::channel(config.spool.queue);
    let ended = CancellationToken::new();
    let seed = store.seed;
    let writer = Writer {
        disk,
        segments: Arc::clone(&segments),
        claims,
        bodies,
        _ended: ended.clone().drop_guard(),
        ledger: ledger.clone(),
        open: None,
        unstored: 0,
        settings: config.spool.clone(),
        clock: clock.clone(),
        meters: Arc::clone(with.meters),
        sessions: with.sessions.clone(),
        waiting_room: Arc::clone(with.waiting_room),
        runtime: tokio::runtime::Handle::current(),
        _lock: Arc::clone(&lock),
    };
    let keeper = Keeper {
        store,
        segments: Arc::clone(&segments),
        ledger: ledger.clone(),
        clock: clock.clone(),
        durability: config.spool.durability,
        window: config.spool.dedupe_window,
        runtime: tokio::runtime::Handle::current(),
        _lock: Arc::clone(&lock),
    };
    let threads = vec![
        thread("spool", move || writer.run(queue)).map_err(failed)?,
        thread("claims", move || keeper.run(&ended)).map_err(failed)?,
    ];
    Ok(Opened { spool: Spool::new(jobs, clock, config, seed), segments, threads, lock })
}

/// What was erased, as far as the store knows.
fn erased(store: &Store, config: &Config) -> Result<Erased, OpenError> {
    let failed =
        |error: StoreError| OpenError::Claims { path: config.data.join("claims"), error: error.into() };
    let mut all = store.erased().map_err(failed)?;
    all.sort();
    let erased = Erased::default();
    all.iter().for_each(|erasure| erased.add(erasure));
    Ok(erased)
}

/// A thread of the collector's.
pub(crate) fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(work)
}

fn claims_store(config: &Config) -> Result<Arc<Store>, OpenError> {
    let path = config.data.join("claims");
    let opened = files::make_directory(&path).map_err(StoreError::from).and_then(|()| Store::open(&path));
    match opened {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(OpenError::Claims { path, error: error.into() }),
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
pub(super) fn starts(directory: &Path) -> io::Result<Vec<u64>> {
    let mut starts = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let start = name.to_str().and_then(|name| name.strip_suffix(".seg"));
        starts.extend(start.and_then(|start| u64::from_str_radix(start, 16).ok()));
    }
    starts.sort_unstable();
    Ok(starts)
}
