//! What is measured: a collector as its users run it, in a process of its own.

mod otelcol;
mod weft;

use std::{fs, path::Path, process::Child};

use tempfile::TempDir;

use super::{Format, Programs};
use crate::Failure;

/// A collector and how it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Ours.
    Weft,
    /// Ours, compressing what it exports.
    WeftGzip,
    /// The OpenTelemetry Collector with its queue in memory.
    Otelcol,
    /// The same with its queue in a file, fsynced before it acknowledges.
    OtelcolDurable,
    /// The same behind its batch processor, which acknowledges first.
    OtelcolBatched,
}

impl Subject {
    /// As the tables call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Weft => "weft, fsync",
            Self::WeftGzip => "weft, fsync, gzip out",
            Self::Otelcol => "otelcol, memory",
            Self::OtelcolDurable => "otelcol, fsync",
            Self::OtelcolBatched => "otelcol, fsync after ack",
        }
    }

    /// Whether it is a peer.
    #[must_use]
    pub fn is_otelcol(self) -> bool {
        matches!(self, Self::Otelcol | Self::OtelcolDurable | Self::OtelcolBatched)
    }

    /// Starts it in front of a destination.
    ///
    /// # Errors
    /// It cannot be had, or does not start.
    pub fn start(self, programs: &Programs, destination: &str) -> Result<Running, Failure> {
        let otelcol = || programs.otelcol.as_ref().map_err(|why| Failure::from(why.as_str()));
        match self {
            Self::Weft => weft::start(&programs.weft, destination, "none"),
            Self::WeftGzip => weft::start(&programs.weft, destination, "gzip"),
            Self::Otelcol => otelcol::start(otelcol()?, destination, "memory.yaml"),
            Self::OtelcolDurable => otelcol::start(otelcol()?, destination, "durable.yaml"),
            Self::OtelcolBatched => otelcol::start(otelcol()?, destination, "batched.yaml"),
        }
    }
}

/// Ours as it is exposed: with limits, and believing the sender what address it has.
///
/// # Errors
/// It does not start.
pub fn exposed(weft: &Path, destination: &str, tables: &str, a_second: u32) -> Result<Running, Failure> {
    let tables = format!("[limits]\ntrusted_proxies = [\"127.0.0.0/8\"]\n{tables}");
    weft::start_with(weft, destination, "none", &tables, a_second)
}

/// On the disk of the repository: /tmp may be memory, where fsync costs nothing.
pub(super) fn data_directory() -> Result<TempDir, Failure> {
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
    fs::create_dir_all(target)?;
    Ok(tempfile::tempdir_in(target)?)
}

/// A collector at work. Killed when dropped.
pub struct Running {
    process: Child,
    ingest: String,
    _data: TempDir,
}

impl Running {
    /// Where requests of this format go.
    #[must_use]
    pub fn url(&self, format: Format) -> String {
        match format {
            Format::Weft => format!("{}/api/telemetry?key=pk", self.ingest),
            Format::Otlp => format!("{}/v1/traces", self.ingest),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn ingest(&self) -> &str {
        &self.ingest
    }

    /// Seconds of CPU used so far, by all threads, in user and kernel.
    ///
    /// # Errors
    /// It has ended.
    pub fn cpu(&self) -> Result<f64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let (_, fields) = text.rsplit_once(')').ok_or("no stat")?;
        let ticks =
            fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(ticks as f64 / 100.0)
    }

    /// The most memory it ever had.
    ///
    /// # Errors
    /// It has ended.
    pub fn peak_mib(&self) -> Result<u64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = text.lines().find(|line| line.starts_with("VmHWM")).ok_or("no peak")?;
        Ok(line.split_whitespace().nth(1).ok_or("no value")?.parse::<u64>()? / 1024)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whatever was measured is measured; a process that ended by itself needs no killing.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
