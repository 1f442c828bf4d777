//! The OpenTelemetry Collector, built from `peers/otelcol` and configured by the files there.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

use super::{Running, data_directory};
use crate::Failure;

/// The line after which it listens.
const READY: &str = "Everything is ready";

pub(super) fn start(program: &Path, destination: &str, config: &str) -> Result<Running, Failure> {
    let data = data_directory()?;
    // It cannot be asked for a free port; one that was free a moment ago has to do.
    let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let mut process = Command::new(program)
        .arg("--config")
        .arg(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../peers/otelcol")).join(config))
        .env("LISTEN", &listen)
        .env("DESTINATION", destination)
        .env("STORAGE", data.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut log = BufReader::new(process.stderr.take().ok_or("no output")?);
    let running = Running { process, ingest: format!("http://{listen}"), _data: data };
    let mut said = String::new();
    while !said.lines().next_back().is_some_and(|line| line.contains(READY)) {
        if log.read_line(&mut said)? == 0 {
            return Err(format!("the OpenTelemetry Collector ended:\n{said}").into());
        }
    }
    // It blocks when nobody reads what it has to say.
    std::thread::spawn(move || _ = log.read_to_end(&mut Vec::new()));
    Ok(running)
}
