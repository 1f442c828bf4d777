//! Step 6 of 8, spool: batch → durable; only now is it acknowledged.
//!
//! One thread writes. It takes all that waits, claims event numbers, appends, syncs once, and answers all.
//! The claim is made in the order of appending, by the thread that appends, so nothing can be taken twice.

mod claims;
mod cursor;
mod erased;
mod files;
mod inspect;
mod intervals;
mod missing;
mod places;
mod reader;
mod recent;
mod record;
mod recover;
mod scan;
mod segment;
mod segments;
mod writer;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

pub(crate) use erased::Erased;
pub(crate) use files::{Free, free, make_directory};
pub(crate) use inspect::{inspect, places};
pub(crate) use intervals::Intervals;
pub(crate) use missing::{Missing, PageTag};
pub(crate) use reader::{Chunk, Placed, Reader};
pub(crate) use recent::Decoded;
pub(crate) use record::{Kind, Record, Stamp};
pub(crate) use recover::{OpenError, Opened, With, open, thread};
pub(crate) use segments::Segments;

use super::link::{Candidate, Told, Why, Word};
use crate::{
    clock::Clock, config::Config, connections::SeenSpans, ledger::Carried, outcome::Outcome, reject::Reject,
};

/// Where batches become durable.
#[derive(Clone)]
pub(crate) struct Spool {
    jobs: mpsc::Sender<Order>,
    /// Room for what waits, in KiB: a count alone bounds no memory.
    room: Arc<Semaphore>,
    clock: Clock,
    answer_time: std::time::Duration,
    seed: BodySeed,
}

/// Keys hashes of bodies: only who knows it can make two alike.
#[derive(Clone, Copy)]
pub(crate) struct BodySeed(u64);

impl BodySeed {
    /// Of a body from whom `key` names.
    pub(crate) fn hash(self, key: &str, body: &[u8]) -> u128 {
        xxh3_128_with_seed(body, xxh3_64_with_seed(key.as_bytes(), self.0))
    }
}

/// What is to become durable.
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) claim: Claim,
    /// Events that rules look at: they wait for the linker, if there is room.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) carried: Carried,
}

/// What is wanted for this entry alone.
pub(crate) enum Claim {
    /// Event numbers of a page; what it says is open; what the batch tells beside its events; and the batch, unless it is
    /// too large to keep.
    Numbers { page: [u8; 16], numbers: Intervals, open: Said, told: Told, decoded: Option<Arc<Decoded>> },
    /// The right to give up an event of a page, once.
    Closure { page: [u8; 16], number: u64, why: Why },
    /// A whole body, by its hash; and what of its spans is of interest when it is accepted.
    Body(u128, Option<Box<SeenSpans>>),
    /// Nothing: these events were claimed when they came.
    Released,
    /// That nothing of a session leaves any more.
    Erase([u8; 16]),
}

/// What a batch says is open.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) words: Vec<Word>,
    /// Whether beginnings are forwarded.
    pub(crate) announces: bool,
}

/// What the writer is asked to do.
enum Order {
    Store(Box<Job>),
    /// To be done between two groups.
    Between(Box<dyn FnOnce() + Send>),
}

/// An entry and who waits for it.
struct Job {
    entry: Entry,
    answer: oneshot::Sender<Result<(), Reject>>,
    /// `None`: the linker bounds what it releases.
    _room: Option<OwnedSemaphorePermit>,
}

impl Job {
    /// Whether it is in the spool already, and has waited there.
    fn is_released(&self) -> bool {
        matches!(self.entry.claim, Claim::Released)
    }
}

impl Entry {
    /// KiB it takes while it waits, about.
    fn weight(&self) -> u32 {
        let told = match &self.claim {
            Claim::Numbers { numbers, told, decoded, open, .. } => {
                let words: usize = open.words.iter().map(Word::bytes).sum();
                let decoded = decoded.as_ref().map_or(0, |decoded| decoded.bytes());
                told.bytes() + numbers.bytes() + words + decoded
            }
            Claim::Body(_, seen) => seen.as_ref().map_or(0, |seen| seen.bytes()),
            Claim::Released | Claim::Closure { .. } | Claim::Erase(_) => 0,
        };
        u32::try_from((self.record.body.len() + told) / 1024 + 1).unwrap_or(u32::MAX)
    }
}

impl Spool {
    /// Returns when `entry` is durable, or was so before. Whoever stops waiting does not undo it:
    /// the entry belongs to the writer, which decides and counts.
    pub(crate) async fn store(&self, entry: Entry) -> Result<(), Reject> {
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(entry.weight()) else {
            entry.carried.refuse_rest(Outcome::SpoolBusy);
            return Err(Reject::SpoolBusy);
        };
        let (answer, answered) = oneshot::channel();
        if let Err(refused) =
            self.jobs.try_send(Order::Store(Box::new(Job { entry, answer, _room: Some(room) })))
        {
            let (order, outcome, reject) = match refused {
                mpsc::error::TrySendError::Full(order) => (order, Outcome::SpoolBusy, Reject::SpoolBusy),
                mpsc::error::TrySendError::Closed(order) => {
                    (order, Outcome::SpoolFailing, Reject::SpoolFailing)
                }
            };
            if let Order::Store(job) = order {
                job.entry.carried.refuse_rest(outcome);
            }
            return Err(reject);
        }
        match self.clock.within(self.answer_time, answered).await {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Reject::SpoolFailing),
            None => Err(Reject::AnswerTimeout(self.answer_time)),
        }
    }

    /// As [`Self::store`], for what is in the spool already: the linker has time, and is never turned away. It takes no
    /// room from those who arrive, and needs none: what waits has a bound of its own.
    pub(crate) async fn release(&self, entry: Entry) -> Result<(), Reject> {
        let (answer, answered) = oneshot::channel();
        let order = Order::Store(Box::new(Job { entry, answer, _room: None }));
        self.jobs.send(order).await.map_err(|_| Reject::SpoolFailing)?;
        answered.await.unwrap_or(Err(Reject::SpoolFailing))
    }

    /// What `work` comes to, done when nothing is half written. `None`: nobody writes any more.
    pub(crate) async fn between<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, result) = oneshot::channel();
        // Whoever asked may be gone when it is done.
        let order = Order::Between(Box::new(move || _ = done.send(work())));
        self.jobs.send(order).await.ok()?;
        result.await.ok()
    }

    pub(crate) fn seed(&self) -> BodySeed {
        self.seed
    }

    fn new(jobs: mpsc::Sender<Order>, clock: &Clock, config: &Config, seed: u64) -> Self {
        let room = Arc::new(Semaphore::new(config.spool.queue_bytes / 1024));
        Self {
            jobs,
            room,
            clock: clock.clone(),
            answer_time: config.limits.answer_time,
            seed: BodySeed(seed),
        }
    }
}

#[cfg(test)]
mod tests;
