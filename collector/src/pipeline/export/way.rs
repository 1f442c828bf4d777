//! The way of events to one destination, from its own cursor on. Nobody else waits for it.

use std::{io, sync::Arc, time::Duration};

use axum::body::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    backoff::Backoff,
    client::{Answer, Client},
    load::Load,
};
use crate::{
    clock::Clock,
    config::Destination,
    ledger::{Ledger, Settled},
    metrics::DestinationMeters,
    pipeline::spool::{Chunk, Reader, Segments},
};

/// A destination and its place in the spool.
pub(crate) struct Way {
    pub(crate) to: Destination,
    client: Client,
    segments: Arc<Segments>,
    grown: watch::Receiver<u64>,
    place: u64,
    ledger: Ledger,
    meters: Arc<DestinationMeters>,
    clock: Clock,
    /// Nothing new will come: deliver what is there, and wait for nobody.
    draining: CancellationToken,
}

/// Told to stop before everything was delivered; the rest is in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Bytes read from the spool at once: a request's worth.
const READ_BYTES: usize = 1024 * 1024;

/// Before a disk that could not be read is tried again.
const DISK_WAIT: Duration = Duration::from_secs(1);

impl Way {
    pub(crate) fn new(
        to: &Destination,
        segments: &Arc<Segments>,
        ledger: &Ledger,
        meters: Arc<DestinationMeters>,
        clock: &Clock,
        draining: CancellationToken,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::new(to, clock)?,
            to: to.clone(),
            grown: segments.grown(),
            place: segments.register(&to.name),
            segments: Arc::clone(segments),
            ledger: ledger.clone(),
            meters,
            clock: clock.clone(),
            draining,
        })
    }

    /// The next records, or `None` when there are none and none will come.
    pub(crate) async fn next(&mut self) -> Option<Chunk> {
        loop {
            self.grown.borrow_and_update();
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
                () = self.draining.cancelled() => return None,
            }
        }
    }

    /// Sends until the destination has decided.
    pub(crate) async fn send(&self, mut load: Load) -> Result<(), Stopped> {
        self.meters.is_sending(&load);
        let mut settled =
            Settled { passed: load.passed, undecodable: load.undecodable, ..Settled::default() };
        if load.spans > 0 {
            let body = load.take_body(self.to.compression);
            let rejected = self.deliver(body, load.spans).await?.min(load.spans);
            (settled.delivered, settled.rejected) = (load.spans - rejected, rejected);
        }
        self.ledger.settle(&load.key, &load.application, &self.to.name, settled);
        Ok(())
    }

    /// Everything before `place` is decided.
    pub(crate) async fn pass(&mut self, place: u64) {
        self.place = place;
        let (segments, name) = (Arc::clone(&self.segments), Arc::clone(&self.to.name));
        let passed = tokio::task::spawn_blocking(move || segments.pass(&name, place)).await;
        if let Err(error) = passed.unwrap_or_else(|error| Err(io::Error::other(error))) {
            tracing::error!(destination = %self.to.name, %error, "cursor cannot be saved: a restart will send again");
        }
    }

    /// How many spans were rejected.
    async fn deliver(&self, body: Bytes, spans: u64) -> Result<u64, Stopped> {
        let mut backoff = Backoff::new();
        loop {
            let before = self.clock.monotonic();
            let answer = self.client.post(body.clone()).await;
            self.meters.export.observe((self.clock.monotonic() - before).as_secs_f64());
            self.meters.is_misconfigured(matches!(answer, Answer::Misconfigured { .. }));
            match answer {
                Answer::Taken { rejected: 0, .. } => return Ok(0),
                Answer::Taken { rejected, message } => {
                    tracing::warn!(destination = %self.to.name, rejected, message, "spans were rejected");
                    return Ok(rejected);
                }
                Answer::Refused { reason } => {
                    tracing::error!(destination = %self.to.name, spans, reason, "spans were rejected");
                    return Ok(spans);
                }
                Answer::Misconfigured { reason, change } => {
                    let wait = backoff.wait_for_somebody();
                    tracing::error!(destination = %self.to.name, reason, change, ?wait, "events wait until this is mended");
                    self.meters.retries.inc();
                    self.wait(wait).await?;
                }
                Answer::Later { reason, asked } => {
                    let wait = backoff.wait(asked);
                    tracing::warn!(destination = %self.to.name, reason, ?wait, "trying again");
                    self.meters.retries.inc();
                    self.wait(wait).await?;
                }
            }
        }
    }

    async fn wait(&self, time: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = self.clock.sleep(time) => Ok(()),
            () = self.draining.cancelled() => Err(Stopped),
        }
    }

    async fn read(&self) -> io::Result<Chunk> {
        let (reader, place) = (Reader::new(&self.segments), self.place);
        let read = tokio::task::spawn_blocking(move || reader.read(place, READ_BYTES)).await;
        read.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}
