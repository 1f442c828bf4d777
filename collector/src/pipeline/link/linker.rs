//! The thread that links by rules: takes what waits, gives others time to come, and releases it into the spool with
//! what was found (decision 0010).

mod closing;
mod commit;
mod replay;

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Came, Index, Keeps, Rules, Waiting, WaitingRoom, release, seen::Found};
use crate::{
    clock::Clock,
    config::{Durability, Limits},
    ledger::{Carried, Ledger},
    metrics::Meters,
    pipeline::spool::{Claim, Entry, Kind, Record, Segments, Spool},
    reject::Reject,
};

/// What the thread starts with.
pub(crate) struct Starts {
    pub(crate) inbox: mpsc::Receiver<Came>,
    pub(crate) room: Arc<WaitingRoom>,
    pub(crate) spool: Spool,
    pub(crate) segments: Arc<Segments>,
    pub(crate) index: Index,
    /// For what waits since an earlier start.
    pub(crate) rules: Rules,
    pub(crate) limits: Limits,
    pub(crate) ledger: Ledger,
    pub(crate) meters: Arc<Meters>,
    pub(crate) clock: Clock,
    pub(crate) wait: Duration,
    /// How long values are remembered.
    pub(crate) keeps: Duration,
    /// How much of what is open is kept, and how long.
    pub(crate) long: Keeps,
    pub(crate) durability: Durability,
}

/// Everything the thread owns.
pub(crate) struct Linker {
    with: Starts,
    runtime: tokio::runtime::Handle,
    /// By arrival, which is the order of the spool; and when each is due, by the monotonic clock.
    queue: VecDeque<(Duration, Waiting)>,
    /// Everything that waits before this place of the spool is known here.
    knew: u64,
    /// Behind this place the spool could not be read at the start: it stays, for the next one.
    unread: Option<u64>,
    /// When the index was last committed.
    committed: Duration,
    /// A segment waits for the next time.
    is_asked: bool,
    /// When it was last looked for what is not waited for any more.
    looked: Duration,
}

/// A record and what its events are linked to, in their order.
struct Decided {
    waiting: Waiting,
    record: Record,
    links: Vec<Found>,
}

/// Bytes that are written out at once, unless a single record has more: a group of the spool's.
const AT_ONCE: u64 = 4 * 1024 * 1024;

/// Before a spool that could not take what is released is asked again.
const AGAIN: Duration = Duration::from_secs(1);

impl Linker {
    /// Reads what still waits in the spool. Nothing may be written meanwhile.
    pub(crate) fn new(mut with: Starts) -> Self {
        let runtime = tokio::runtime::Handle::current();
        let now = with.clock.monotonic();
        if let Err(error) = with.index.longs.keep(with.long) {
            tracing::error!(%error, "it cannot be read what is open: nothing is given up until it can");
        }
        let (committed, looked, queue) = (now, now, VecDeque::new());
        let mut linker =
            Self { with, runtime, queue, knew: 0, unread: None, committed, is_asked: false, looked };
        linker.replay();
        linker.tell_sizes();
        linker
    }

    /// Until it is to `stop`: then nothing waits any more.
    pub(crate) fn run(mut self, stop: &CancellationToken) {
        loop {
            self.wait(stop);
            if stop.is_cancelled() {
                return self.finish();
            }
            self.take_all();
            self.release_due(stop);
            self.give_up_due(stop);
            if self.with.clock.monotonic() >= self.next_commit() || self.is_full() {
                self.commit();
            }
        }
    }

    /// Until something comes, or is due.
    fn wait(&mut self, stop: &CancellationToken) {
        let next = self.queue.front().map_or(Duration::MAX, |(due, _)| *due);
        let next = next.min(self.next_commit()).min(self.next_look());
        let Starts { inbox, segments, room, clock, .. } = &mut self.with;
        let woken = async {
            tokio::select! {
                Some(came) = inbox.recv() => (Some(came), false),
                () = segments.keep_links.notified() => (None, true),
                () = room.hurried() => (None, false),
                () = stop.cancelled() => (None, false),
            }
        };
        let woken = self.runtime.block_on(clock.until(next, woken));
        let (came, is_asked) = woken.unwrap_or((None, false));
        came.into_iter().for_each(|came| self.take_in(came));
        self.is_asked |= is_asked;
    }

    fn take_all(&mut self) {
        while let Ok(came) = self.with.inbox.try_recv() {
            self.take_in(came);
        }
    }

    fn take_in(&mut self, came: Came) {
        match came {
            Came::Waiting(waiting) => self.take(*waiting),
            Came::Heard(heard) => {
                self.with.room.has_heard(heard.bytes() as u64);
                self.hear(*heard);
            }
        }
    }

    /// Others find it from now on.
    fn take(&mut self, waiting: Waiting) {
        self.knew = waiting.end;
        waiting.candidates.iter().for_each(|candidate| self.with.index.add(candidate));
        self.queue.push_back((waiting.came + self.with.wait, waiting));
    }

    fn release_due(&mut self, stop: &CancellationToken) {
        loop {
            let (now, is_hurried) = (self.with.clock.monotonic(), self.with.room.is_closed());
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while let Some((_, waiting)) =
                self.queue.pop_front_if(|(due, _)| bytes < AT_ONCE && (is_hurried || *due <= now))
            {
                bytes += waiting.weight();
                batch.push(self.decide(waiting));
            }
            if batch.is_empty() {
                return;
            }
            let left = self.store(batch, stop);
            if !left.is_empty() {
                // It stops, and the spool takes nothing: the next start decides.
                left.into_iter().rev().for_each(|Decided { waiting, .. }| {
                    waiting.candidates.iter().for_each(|candidate| self.with.index.leaves(candidate, None));
                    self.queue.push_front((now, waiting));
                });
                return;
            }
        }
    }

    /// What a record's events are linked to, by all that is known now.
    fn decide(&mut self, waiting: Waiting) -> Decided {
        let knew = self.knew;
        let Starts { index, segments, limits, .. } = &mut self.with;
        let look = AssertUnwindSafe(|| {
            let found: Vec<_> = waiting
                .candidates
                .iter()
                .map(|candidate| index.decide(candidate, waiting.end, knew, &segments.missing))
                .collect();
            release::request(&waiting, &found, limits).map(|request| (request, found))
        });
        let panicked = |_| Err(Reject::NotABatch("deciding it panicked".to_owned()));
        let decided = std::panic::catch_unwind(look).unwrap_or_else(panicked);
        let (request, found) = decided.unwrap_or_else(|why| {
            // By name: a record of events without a body counts as undecodable at every destination.
            tracing::error!(key = waiting.record.key, %why, "what waits can no longer be decoded");
            Default::default()
        });
        let origin = &waiting.record;
        let record = Record {
            kind: Kind::Released.into(),
            key: origin.key.clone(),
            application: origin.application.clone(),
            receive_time_ms: origin.receive_time_ms,
            body: request.bytes.into(),
            origin: waiting.end,
            knew,
            ..Record::default()
        };
        Decided { waiting, record, links: found.into_iter().flatten().collect() }
    }

    /// Until the spool has taken all of it, or it is to stop. Gives what is left.
    fn store(&mut self, mut batch: Vec<Decided>, stop: &CancellationToken) -> Vec<Decided> {
        loop {
            let stores = batch.iter().map(|decided| self.with.spool.release(self.entry(decided)));
            let stored = self.runtime.block_on(futures_util::future::join_all(stores));
            let mut left = Vec::new();
            for (decided, stored) in batch.into_iter().zip(stored) {
                match stored {
                    Ok(()) => self.leaves(decided),
                    Err(why) => {
                        tracing::warn!(%why, "what waits cannot be released");
                        left.push(decided);
                    }
                }
            }
            if left.is_empty() || stop.is_cancelled() {
                return left;
            }
            let _ = self.runtime.block_on(self.with.clock.within(AGAIN, stop.cancelled()));
            batch = left;
        }
    }

    fn entry(&self, decided: &Decided) -> Entry {
        let events = decided.waiting.record.events_waiting();
        let carried = Carried::again(&self.with.ledger, decided.record.owner(), events);
        Entry { record: decided.record.clone(), claim: Claim::Released, candidates: Vec::new(), carried }
    }

    fn leaves(&mut self, Decided { waiting, links, .. }: Decided) {
        self.with.room.give_back(waiting.weight());
        self.with.meters.linker.count(links.iter().map(|found| (&found.kind, found.is)));
    }

    /// Nothing else will come: everything leaves, and the index is durable.
    fn finish(mut self) {
        self.with.room.close();
        // What the writer was given before this, it has passed on when this is done.
        self.runtime.block_on(self.with.spool.between(|| ()));
        self.take_all();
        let stop = CancellationToken::new();
        stop.cancel();
        self.release_due(&stop);
        self.commit();
    }
}

impl Drop for Linker {
    /// Nobody releases any more. That is as it should be when the collector stops, and a failure otherwise: what waits
    /// is decided at the next start, and nothing else may wait until then.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.with.segments.health.linker_failing.store(true, Ordering::Relaxed);
            self.with.room.close();
        }
    }
}

#[cfg(test)]
mod tests;
