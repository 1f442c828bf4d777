//! Between the spool's writer, which has just made a record durable, and the linker: events that wait, within a bound.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, mpsc};

use super::{Candidate, Heard};
use crate::pipeline::spool::{Decoded, Record};

/// A durable record some of whose events wait.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) record: Record,
    /// Where the record begins and ends in the spool.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The batch in it, where that is known already.
    pub(crate) decoded: Option<Arc<Decoded>>,
    /// What waits of it, in its order.
    pub(crate) candidates: Vec<Candidate>,
    /// When it was made durable, by the monotonic clock: it waits from then on.
    pub(crate) came: Duration,
}

/// What the linker is told of.
#[derive(Debug)]
pub(crate) enum Came {
    /// Events that wait.
    Waiting(Box<Waiting>),
    /// What is open of a page, and what has ended.
    Heard(Box<Heard>),
}

/// Where what waits is put, and how much of it there is.
#[derive(Debug)]
pub(crate) struct WaitingRoom {
    to_linker: mpsc::Sender<Came>,
    most_bytes: u64,
    bytes: AtomicU64,
    records: AtomicU64,
    is_closed: AtomicBool,
    hurry: Notify,
    not_looked_at: AtomicU64,
    /// Of what was heard and not taken in yet.
    heard: AtomicU64,
    heard_bytes: AtomicU64,
    unheard: AtomicU64,
}

/// Records that wait at once: the queue they stand in has an end.
const MOST_RECORDS: usize = 65_536;

/// Records that tell of long spans and are not taken in yet, and their bytes: a minute of a busy machine. Beyond that they
/// are passed over, and counted.
const MOST_HEARD: u64 = 16_384;
const MOST_HEARD_BYTES: u64 = 16 << 20;

/// What a candidate takes beside its record, about, its row of the index included.
const CANDIDATE_BYTES: usize = 512;

impl WaitingRoom {
    pub(crate) fn new(most_bytes: u64) -> (Arc<Self>, mpsc::Receiver<Came>) {
        let (to_linker, from_writer) = mpsc::channel(MOST_RECORDS + MOST_HEARD as usize);
        let room = Self {
            to_linker,
            most_bytes,
            bytes: AtomicU64::new(0),
            records: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            hurry: Notify::new(),
            not_looked_at: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            heard_bytes: AtomicU64::new(0),
            unheard: AtomicU64::new(0),
        };
        (Arc::new(room), from_writer)
    }

    /// Whether `bytes` more may wait; then they are taken for it. Asked by the writer alone.
    pub(crate) fn reserve(&self, bytes: u64, events: u64) -> bool {
        let fits = self.bytes.load(Ordering::Relaxed) + bytes <= self.most_bytes
            && self.records.load(Ordering::Relaxed) < MOST_RECORDS as u64;
        let may = fits && !self.is_closed();
        if may {
            self.take(bytes);
        } else {
            self.not_looked_at.fetch_add(events, Ordering::Relaxed);
        }
        may
    }

    /// So much waits already, whether or not there is room.
    pub(super) fn take(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.records.fetch_add(1, Ordering::Relaxed);
    }

    /// A record waits no longer, or never came to it.
    pub(crate) fn give_back(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.records.fetch_sub(1, Ordering::Relaxed);
    }

    /// A record that room was reserved for is durable.
    pub(crate) fn put(&self, waiting: Waiting) {
        if self.to_linker.try_send(Came::Waiting(Box::new(waiting))).is_err() {
            // It has ended before its time: what is in the spool is decided at the next start.
            self.close();
            tracing::error!("the linker does not take what waits: a restart will");
        }
    }

    /// A durable record tells of long spans. What is passed over makes no wrong span: whoever gives up asks the writer.
    pub(crate) fn hear(&self, heard: Heard) {
        let (records, bytes) = (&self.heard, &self.heard_bytes);
        let fits =
            records.load(Ordering::Relaxed) < MOST_HEARD && bytes.load(Ordering::Relaxed) < MOST_HEARD_BYTES;
        let size = heard.bytes() as u64;
        records.fetch_add(1, Ordering::Relaxed);
        bytes.fetch_add(size, Ordering::Relaxed);
        if !fits || self.to_linker.try_send(Came::Heard(Box::new(heard))).is_err() {
            self.has_heard(size);
            self.unheard.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was heard is taken in.
    pub(super) fn has_heard(&self, bytes: u64) {
        self.heard.fetch_sub(1, Ordering::Relaxed);
        self.heard_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Records that were passed over.
    pub(crate) fn unheard(&self) -> u64 {
        self.unheard.load(Ordering::Relaxed)
    }

    /// From now on nothing waits: what does is released at once.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.hurry.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// When it is closed.
    pub(super) async fn hurried(&self) {
        self.hurry.notified().await;
    }

    /// Bytes of what waits, and how much of that there may be.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.bytes.load(Ordering::Relaxed), self.most_bytes)
    }

    /// Events that did not wait because there was no room.
    pub(crate) fn not_looked_at(&self) -> u64 {
        self.not_looked_at.load(Ordering::Relaxed)
    }
}

impl Waiting {
    /// Bytes it takes, about.
    pub(crate) fn weight(&self) -> u64 {
        weight(&self.record, self.decoded.as_deref(), &self.candidates)
    }
}

/// Bytes that a record takes while some of its events wait, and when they are released, about.
pub(crate) fn weight(record: &Record, decoded: Option<&Decoded>, candidates: &[Candidate]) -> u64 {
    let come_to: usize = candidates.iter().map(|candidate| CANDIDATE_BYTES + candidate.bytes).sum();
    (record.body.len() + decoded.map_or(0, Decoded::bytes) + come_to) as u64
}
