//! A thread beside the writer: makes claims durable, and forgets what nobody sends again.

use std::{
    fs::File,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{Store, StoreError, taken::day};
use crate::{clock::Clock, config::Durability, ledger::Ledger, pipeline::spool::Segments};

/// Everything the thread owns.
pub(in crate::pipeline::spool) struct Keeper {
    pub(in crate::pipeline::spool) store: Arc<Store>,
    pub(in crate::pipeline::spool) segments: Arc<Segments>,
    pub(in crate::pipeline::spool) ledger: Ledger,
    pub(in crate::pipeline::spool) clock: Clock,
    pub(in crate::pipeline::spool) durability: Durability,
    /// How long claims are kept.
    pub(in crate::pipeline::spool) window: Duration,
    pub(in crate::pipeline::spool) runtime: tokio::runtime::Handle,
    /// Until the last claim is written nobody else opens the spool.
    pub(in crate::pipeline::spool) _lock: Arc<File>,
}

/// Claims are durable after so long at most, whether or not a segment waits for them.
const EVERY: Duration = Duration::from_secs(10);

/// Pages forgotten at once: the writer waits for so many at most.
const STEP: usize = 100;

impl Keeper {
    /// Until the writer has `ended`.
    pub(in crate::pipeline::spool) fn run(self, ended: &CancellationToken) {
        loop {
            let asked = async {
                tokio::select! {
                    () = self.segments.keep.notified() => {}
                    () = ended.cancelled() => {}
                }
            };
            let _ = self.runtime.block_on(self.clock.within(EVERY, asked));
            let is_last = ended.is_cancelled();
            let kept = self.persist().and_then(|()| self.expire());
            self.segments.health.claims_failing.store(kept.is_err(), Ordering::Relaxed);
            if let Err(error) = kept {
                tracing::error!(%error, "claims cannot be written: segments stay until they can");
            }
            if is_last {
                return;
            }
        }
    }

    fn persist(&self) -> Result<(), StoreError> {
        let place = self.store.applied();
        if self.durability == Durability::Fsync {
            self.store.persist()?;
        }
        Ok(self.segments.claims_are_durable(place)?)
    }

    fn expire(&self) -> Result<(), StoreError> {
        let window = u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX);
        let before = day(self.clock.wall_ms().saturating_sub(window));
        while self.store.expire(before, STEP, &self.ledger)? == STEP {}
        let (before_ms, oldest) = (self.clock.wall_ms().saturating_sub(window), self.segments.oldest());
        match self.segments.erased.expire(before_ms, oldest) {
            gone if gone.is_empty() => Ok(()),
            gone => self.store.forget_erased(&gone),
        }
    }
}
