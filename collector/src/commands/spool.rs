//! `weft spool ls | verify | export`: what is on the disk, whether it is whole, and what it says.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::{Failure, iso, json};
use crate::{
    config::Config,
    pipeline::spool::{Kind, inspect, places},
};

/// Segments, and how far each destination has come.
///
/// # Errors
/// If the spool cannot be read.
pub fn list(config: &Config) -> Result<String, Failure> {
    let segments = inspect(&config.data, |_| {})?;
    let mut out = format!("{:16} {:>12} {:>9} {:>10} newest\n", "segment", "bytes", "records", "events");
    for segment in &segments {
        let newest = if segment.newest_ms == 0 { String::new() } else { iso(segment.newest_ms) };
        let (start, bytes, records, events) = (segment.start, segment.bytes, segment.records, segment.events);
        writeln!(out, "{start:016x} {bytes:>12} {records:>9} {events:>10} {newest}")?;
    }
    let end = segments.last().map_or(0, |last| last.start + last.bytes);
    for (name, place) in places(&config.data)? {
        match place {
            Some(place) => writeln!(out, "destination {name}: {} bytes behind", end.saturating_sub(place))?,
            None => writeln!(out, "destination {name}: at the beginning")?,
        }
    }
    Ok(out)
}

/// Whether every byte is as it was written; what is damaged.
///
/// # Errors
/// If something is damaged, or the spool cannot be read.
pub fn verify(config: &Config) -> Result<String, Failure> {
    let (mut damage, mut records) = (String::new(), 0);
    for segment in inspect(&config.data, |_| {})? {
        records += segment.records;
        let (start, damaged, tail) = (segment.start, segment.damaged, segment.tail);
        if damaged > 0 {
            writeln!(
                damage,
                "{start:016x}: {damaged} damaged bytes; the rest of it is read, and what is missing is counted as `damaged`"
            )?;
        }
        if tail > 0 {
            writeln!(
                damage,
                "{start:016x}: {tail} bytes at its end are being written, or were when the collector died; those were not acknowledged"
            )?;
        }
    }
    if damage.is_empty() { Ok(format!("{records} records, all whole\n")) } else { Err(damage.into()) }
}

/// Writes every record to `out`, a line of OTLP/JSON each.
///
/// # Errors
/// If the spool cannot be read or `out` not be written.
pub fn export(config: &Config, out: &mut impl Write) -> Result<(), Failure> {
    let mut written = Ok::<(), Failure>(());
    inspect(&config.data, |record| {
        if written.is_ok() && record.kind() != Kind::Erased {
            written = json::of(record, &config.limits).and_then(|line| Ok(writeln!(out, "{line}")?));
        }
    })?;
    match written {
        // Whoever reads has seen enough.
        Err(error)
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        written => written,
    }
}
