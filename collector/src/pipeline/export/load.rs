//! What goes to a destination in one request: items of one key, so that what is rejected is counted for who sent it.

use std::io::Write;

use axum::body::Bytes;
use flate2::{Compression as Level, write::GzEncoder};

use super::Part;
use crate::{config::Compression, ledger::Owner, pipeline::signal::Signal};

/// One request's worth of linked spans (or of another signal's items), or none where nothing of a record can be
/// decoded.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) owner: Owner,
    pub(crate) signal: Signal,
    /// Requests of one record each. Put end to end they are one request: its field is a repeated one.
    parts: Vec<Vec<u8>>,
    /// Of all of these.
    bytes: usize,
    pub(crate) spans: u64,
    /// Events it decides of.
    pub(crate) passed: u64,
    /// Of these, how many can no longer be decoded.
    pub(crate) undecodable: u64,
    /// And how many are of sessions that were erased.
    pub(crate) erased: u64,
    /// What was erased when it was gathered, by its version.
    pub(crate) erased_as_of: u64,
    /// Receive time of the oldest record in it.
    pub(crate) oldest_ms: u64,
}

/// Spans in one request, about: what OTLP receivers are used to.
const MAX_SPANS: u64 = 2_000;

/// Bytes of one request, about: a quarter of the smallest bound common receivers have.
const MAX_BYTES: usize = 1024 * 1024;

impl Load {
    pub(crate) fn new(owner: Owner, signal: Signal, receive_time_ms: u64, erased_as_of: u64) -> Self {
        Self {
            owner,
            signal,
            parts: Vec::new(),
            bytes: 0,
            spans: 0,
            passed: 0,
            undecodable: 0,
            erased: 0,
            erased_as_of,
            oldest_ms: receive_time_ms,
        }
    }

    pub(crate) fn is_of(&self, key: &str, application: &str, signal: Signal) -> bool {
        *self.owner.key == *key && *self.owner.application == *application && self.signal == signal
    }

    /// Whether so much more fits. The first record always does: it cannot be split.
    pub(crate) fn has_room(&self, more: &Part) -> bool {
        self.spans == 0
            || (self.spans + more.spans <= MAX_SPANS && self.bytes + more.bytes.len() <= MAX_BYTES)
    }

    /// Adds the spans of a record.
    pub(crate) fn add(&mut self, more: Part) {
        self.spans += more.spans;
        self.passed += more.spans;
        self.bytes += more.bytes.len();
        self.parts.push(more.bytes);
    }

    /// Passes events of a record that can no longer be decoded.
    pub(crate) fn pass_undecodable(&mut self, events: u64) {
        self.passed += events;
        self.undecodable += events;
    }

    /// Passes events that may not leave any more.
    pub(crate) fn pass_erased(&mut self, events: u64) {
        self.passed += events;
        self.erased += events;
    }

    /// The bytes to send, taken out.
    pub(crate) fn take_body(&mut self) -> Bytes {
        let mut parts = std::mem::take(&mut self.parts);
        if parts.len() == 1 { parts.pop().unwrap_or_default().into() } else { parts.concat().into() }
    }
}

/// As it travels. Levels are the fastest: measured, the others cost more processor than they save bytes.
pub(super) fn compress(plain: &Bytes, how: Compression) -> Bytes {
    match how {
        Compression::None => plain.clone(),
        Compression::Gzip => gzip(plain).into(),
        Compression::Zstd => zstd::bulk::compress(plain, 1).map_or_else(|_| plain.clone(), Bytes::from),
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Level::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}
