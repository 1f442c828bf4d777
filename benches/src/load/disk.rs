//! How long the disk itself takes: what an acknowledgement that waits for it cannot beat.

use std::{fs::File, io::Write, time::Instant};

use super::report::Latencies;
use crate::Failure;

const TIMES: usize = 500;

/// Appends so many bytes again and again, each time followed by what the collector does too: `fdatasync`.
///
/// # Errors
/// The disk refuses.
pub fn fsync(bytes: usize) -> Result<Latencies, Failure> {
    let directory = super::subject::data_directory()?;
    let mut file = File::create(directory.path().join("fsync"))?;
    let record = vec![7; bytes];
    let mut micros = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        file.write_all(&record)?;
        file.sync_data()?;
        micros.push(began.elapsed().as_micros() as u64);
    }
    Ok(Latencies::of(micros))
}
