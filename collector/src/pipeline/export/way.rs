//! The way of events to one destination, from its own cursor on. Nobody else waits for it.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    client::{Client, ClientError},
    dead::DeadLetters,
    window::Window,
};
use crate::{
    clock::Clock,
    config::Destination,
    ledger::{Ledger, Owner, Settled, Tally},
    log::Seldom,
    metrics::DestinationMeters,
    outcome::Outcome,
    pipeline::spool::{Chunk, Erased, Reader, Segments},
};

/// A destination and its place in the spool.
pub(crate) struct Way {
    pub(crate) to: Arc<Destination>,
    pub(super) client: Client,
    pub(super) segments: Arc<Segments>,
    pub(super) ledger: Ledger,
    pub(super) meters: Arc<DestinationMeters>,
    pub(super) clock: Clock,
    pub(super) window: Window,
    pub(super) dead_letters: DeadLetters,
    grown: watch::Receiver<u64>,
    place: u64,
    /// It refused a whole load and has taken nothing since.
    suspect: AtomicBool,
    settled: Mutex<Vec<(Owner, Settled)>>,
    seldom: Seldom,
    stops: Stops,
}

/// How a way is told to end.
pub(crate) struct Stops {
    /// Nothing new will come: deliver what is there, and wait for nobody.
    pub(crate) draining: CancellationToken,
    /// End after what is under way.
    pub(crate) halt: CancellationToken,
}

impl Stops {
    async fn any(&self) {
        tokio::select! {
            () = self.draining.cancelled() => {}
            () = self.halt.cancelled() => {}
        }
    }
}

/// Why loads were left before the destination had decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Told to stop; the rest is in the spool.
    Stopped,
    /// They lay beyond the destination's bounds; it goes on behind them.
    Behind,
}

/// Bytes read from the spool at once: a request's worth.
const READ_BYTES: usize = 1024 * 1024;

/// Before a disk that could not be read is tried again.
const DISK_WAIT: Duration = Duration::from_secs(1);

/// What a way needs of the collector around it.
pub(crate) struct Around<'a> {
    pub(crate) segments: &'a Arc<Segments>,
    pub(crate) ledger: &'a Ledger,
    pub(crate) clock: &'a Clock,
    pub(crate) data: &'a std::path::Path,
}

impl Way {
    pub(crate) fn new(
        to: &Arc<Destination>,
        around: &Around<'_>,
        meters: Arc<DestinationMeters>,
        stops: Stops,
    ) -> Result<Self, ClientError> {
        let Around { segments, ledger, clock, data } = *around;
        Ok(Self {
            client: Client::new(to, clock)?,
            to: Arc::clone(to),
            grown: segments.grown(),
            place: segments.place(&to.name),
            segments: Arc::clone(segments),
            ledger: ledger.clone(),
            meters,
            clock: clock.clone(),
            window: Window::new(to.concurrency),
            dead_letters: DeadLetters::new(data, to, clock),
            suspect: AtomicBool::new(false),
            settled: Mutex::default(),
            seldom: Seldom::new(clock),
            stops,
        })
    }

    /// What may not leave any more.
    pub(crate) fn erased(&self) -> &Arc<Erased> {
        &self.segments.erased
    }

    /// The next records, or `None` when there are none and none will come.
    pub(crate) async fn next(&mut self) -> Option<Chunk> {
        let mut has_lingered = false;
        while !self.stops.halt.is_cancelled() {
            self.grown.borrow_and_update();
            // What was given up meanwhile is behind the cursor.
            let _ = self.give_up_the_oldest();
            self.place = self.segments.place(&self.to.name);
            if !has_lingered && (1..READ_BYTES as u64 / 2).contains(&self.segments.depth(&self.to.name)) {
                has_lingered = true;
                self.linger().await;
            }
            match self.read().await {
                Ok(chunk) if chunk.next != self.place => return Some(chunk),
                Ok(_) => self.meters.is_idle(),
                Err(error) => {
                    tracing::error!(destination = %self.to.name, %error, "spool cannot be read");
                    self.wait(DISK_WAIT).await.ok()?;
                    continue;
                }
            }
            tokio::select! {
                grown = self.grown.changed() => grown.ok()?,
                () = self.stops.any() => return None,
            }
        }
        None
    }

    /// What comes in a moment can go with what is there. Nobody waits for it who is to stop.
    async fn linger(&self) {
        let _ = self.clock.within(self.to.linger, self.stops.any()).await;
    }

    /// Everything before `place` is decided.
    pub(crate) async fn pass(&mut self, place: u64, skipped: &Tally) {
        for (owner, events) in self.decided().iter().chain(skipped.iter()) {
            self.segments.settle(&self.to.name, owner, events);
        }
        self.count_settled();
        self.place = place;
        let (segments, name) = (Arc::clone(&self.segments), Arc::clone(&self.to.name));
        let passed = tokio::task::spawn_blocking(move || segments.pass(&name, place)).await;
        let (lost, saved) = passed.unwrap_or_else(|error| (Tally::default(), Err(io::Error::other(error))));
        if !lost.is_empty() {
            tracing::error!(destination = %self.to.name, events = lost.total(), "lost: the spool was damaged");
            self.ledger.drop_pending(&self.to.name, &lost, Outcome::Damaged);
        }
        if let Err(error) = saved {
            tracing::error!(destination = %self.to.name, %error, "cursor cannot be saved: a restart will send again");
        }
    }

    /// What the destination has decided of since the cursor last moved. Whoever is stopped before it moves sends that
    /// again, so it is counted only then.
    pub(super) fn settled(&self) -> MutexGuard<'_, Vec<(Owner, Settled)>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Self::settled`], by whose events they are.
    pub(super) fn decided(&self) -> Tally {
        let mut decided = Tally::default();
        self.settled().iter().for_each(|(owner, settled)| decided.add(owner, settled.passed));
        decided
    }

    pub(super) fn count_settled(&self) {
        for (owner, settled) in self.settled().drain(..) {
            self.ledger.settle(&owner, &self.to.name, settled);
        }
    }

    pub(super) fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    pub(super) fn suspect(&self, suspect: bool) {
        self.suspect.store(suspect, Ordering::Relaxed);
    }

    /// Says what may happen with every request, but not so often.
    pub(super) fn noisy(&self, say: impl FnOnce()) {
        self.seldom.say(say);
    }

    pub(super) async fn wait(&self, time: Duration) -> Result<(), Left> {
        tokio::select! {
            () = self.clock.sleep(time) => Ok(()),
            () = self.stops.any() => Err(Left::Stopped),
        }
    }

    pub(super) fn is_halted(&self) -> bool {
        self.stops.halt.is_cancelled()
    }

    async fn read(&self) -> io::Result<Chunk> {
        let (reader, place) = (Reader::new(&self.segments), self.place);
        let read = tokio::task::spawn_blocking(move || reader.read(place, READ_BYTES)).await;
        read.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}
