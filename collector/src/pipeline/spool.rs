//! Step 6 of 8, spool: batch → durable; only now is it acknowledged.
//!
//! One thread writes. It takes all that waits, claims event numbers, appends, syncs once, and answers all.
//! The claim is made in the order of appending, by the thread that appends, so nothing can be taken twice.

mod claims;
mod cursor;
mod files;
mod intervals;
mod places;
mod reader;
mod record;
mod recover;
mod scan;
mod segment;
mod segments;
mod writer;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

pub(crate) use intervals::Intervals;
pub(crate) use reader::{Chunk, Placed, Reader};
pub(crate) use record::{Kind, Record, Stamp};
pub(crate) use recover::{OpenError, Opened, With, open};
pub(crate) use segments::Segments;

use super::link::Told;
use crate::{clock::Clock, config::Config, ledger::Carried, outcome::Outcome, reject::Reject};

/// Where batches become durable.
#[derive(Clone)]
pub(crate) struct Spool {
    jobs: mpsc::Sender<Job>,
    /// Room for what waits, in KiB: a count alone bounds no memory.
    room: Arc<Semaphore>,
    clock: Clock,
    answer_time: std::time::Duration,
    /// Keys hashes of bodies: only who knows it can make two alike.
    seed: u64,
}

/// What is to become durable.
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) claim: Claim,
    pub(crate) carried: Carried,
}

/// What is wanted for this entry alone.
pub(crate) enum Claim {
    /// Event numbers of a page; and what the batch tells beside its events.
    Numbers { page: [u8; 16], numbers: Intervals, told: Told },
    /// A whole body, by its hash.
    Body(u128),
}

/// An entry and who waits for it.
struct Job {
    entry: Entry,
    answer: oneshot::Sender<Result<(), Reject>>,
    _room: OwnedSemaphorePermit,
}

impl Entry {
    /// KiB it takes while it waits, about.
    fn weight(&self) -> u32 {
        let told = match &self.claim {
            Claim::Numbers { numbers, told, .. } => told.bytes() + numbers.bytes(),
            Claim::Body(_) => 0,
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
        if let Err(refused) = self.jobs.try_send(Job { entry, answer, _room: room }) {
            let (job, outcome, reject) = match refused {
                mpsc::error::TrySendError::Full(job) => (job, Outcome::SpoolBusy, Reject::SpoolBusy),
                mpsc::error::TrySendError::Closed(job) => (job, Outcome::SpoolFailing, Reject::SpoolFailing),
            };
            job.entry.carried.refuse_rest(outcome);
            return Err(reject);
        }
        match self.clock.within(self.answer_time, answered).await {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Reject::SpoolFailing),
            None => Err(Reject::AnswerTimeout(self.answer_time)),
        }
    }

    /// Of a body from whom `key` names.
    pub(crate) fn hash(&self, key: &str, body: &[u8]) -> u128 {
        xxh3_128_with_seed(body, self.seed ^ xxh3_64_with_seed(key.as_bytes(), self.seed))
    }

    fn new(jobs: mpsc::Sender<Job>, clock: &Clock, config: &Config, seed: u64) -> Self {
        let room = Arc::new(Semaphore::new(config.spool.queue_bytes / 1024));
        Self { jobs, room, clock: clock.clone(), answer_time: config.limits.answer_time, seed }
    }
}

#[cfg(test)]
mod tests;
