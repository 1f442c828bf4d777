//! How long the disk itself takes: what an acknowledgement that waits for it cannot beat.

use std::{
    fs::File,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::report::Latencies;
use crate::Failure;

const TIMES: usize = 500;

/// Seldom enough to be no load of its own.
const BETWEEN: Duration = Duration::from_millis(20);

/// A file on the disk of the spools, and records of one size for it.
struct Journal {
    file: File,
    record: Vec<u8>,
    _directory: TempDir,
}

impl Journal {
    fn new(bytes: usize) -> Result<Self, Failure> {
        let directory = super::subject::data_directory()?;
        let file = File::create(directory.path().join("journal"))?;
        Ok(Self { file, record: vec![7; bytes], _directory: directory })
    }

    /// Appends one and waits as the collector does: `fdatasync`. Microseconds.
    fn append(&mut self) -> std::io::Result<u64> {
        let began = Instant::now();
        self.file.write_all(&self.record)?;
        self.file.sync_data()?;
        Ok(began.elapsed().as_micros() as u64)
    }
}

/// With nobody else at work.
///
/// # Errors
/// The disk refuses.
pub fn fsync(bytes: usize) -> Result<Latencies, Failure> {
    let mut journal = Journal::new(bytes)?;
    let micros = (0..TIMES).map(|_| journal.append()).collect::<Result<_, _>>()?;
    Ok(Latencies::of(micros))
}

/// Asks the disk now and then while something else is measured.
pub struct Probe {
    done: Arc<AtomicBool>,
    thread: JoinHandle<std::io::Result<Vec<u64>>>,
}

impl Probe {
    /// Starts asking.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn start(bytes: usize) -> Result<Self, Failure> {
        let mut journal = Journal::new(bytes)?;
        let done = Arc::<AtomicBool>::default();
        let told = Arc::clone(&done);
        let thread = thread::spawn(move || {
            let mut micros = Vec::new();
            while !told.load(Ordering::Relaxed) {
                micros.push(journal.append()?);
                thread::sleep(BETWEEN);
            }
            Ok(micros)
        });
        Ok(Self { done, thread })
    }

    /// What it found.
    ///
    /// # Errors
    /// The disk refused.
    pub fn stop(self) -> Result<Latencies, Failure> {
        self.done.store(true, Ordering::Relaxed);
        Ok(Latencies::of(self.thread.join().map_err(|_| "the probe panicked")??))
    }
}
