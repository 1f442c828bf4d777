//! Step 6 of 8, spool: batch → durable; only now is it acknowledged.
//!
//! One thread writes. It takes all that waits, claims event numbers, appends, syncs once, and answers all.
//! The claim is made in the order of appending, by the thread that appends, so nothing can be taken twice.

mod claims;
mod cursor;
mod files;
mod intervals;
mod reader;
mod record;
mod recover;
mod segment;
mod segments;
mod writer;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

pub(crate) use intervals::Intervals;
pub(crate) use reader::{Chunk, Placed, Reader};
pub(crate) use record::{Kind, Record, Stamp};
pub(crate) use recover::{OpenError, Opened, open};
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
}

/// What is to become durable.
pub(crate) struct Entry {
    pub(crate) record: Record,
    /// What the batch tells, and which of its numbers are wanted; OTLP has neither.
    pub(crate) claim: Option<Claim>,
    pub(crate) carried: Carried,
}

/// Event numbers of a page, wanted for this batch alone.
pub(crate) struct Claim {
    pub(crate) page: [u8; 16],
    pub(crate) numbers: Intervals,
    pub(crate) told: Told,
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
        let told = self.claim.as_ref().map_or(0, |claim| claim.told.bytes() + claim.numbers.bytes());
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

    fn new(jobs: mpsc::Sender<Job>, clock: &Clock, config: &Config) -> Self {
        let room = Arc::new(Semaphore::new(config.spool.queue_bytes / 1024));
        Self { jobs, room, clock: clock.clone(), answer_time: config.limits.answer_time }
    }
}

/// Who a page's numbers belong to: its key, within its application.
fn owner(record: &Record) -> Arc<str> {
    format!("{}/{}", record.application, record.key).into()
}

#[cfg(test)]
mod tests;
