//! Long spans, as the linker's thread sees them: what is heard of them, and what is given up.

use std::{panic::AssertUnwindSafe, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    super::{
        Heard,
        long::{Due, closure},
        words,
    },
    Linker,
};
use crate::{
    ledger::{Carried, Made},
    metrics::NotKept,
    pipeline::{
        decode,
        spool::{Claim, Decoded, Entry, Record},
    },
};

/// How often it is looked for what is not waited for any more, while anything is open. By the wall clock, which may be
/// set: ends are waited for across restarts.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Linker {
    /// When it is looked next.
    pub(super) fn next_look(&self) -> Duration {
        if self.with.index.longs.sizes().open == 0 { Duration::MAX } else { self.looked + LOOK_EVERY }
    }

    pub(super) fn hear(&mut self, heard: Heard) {
        let longs = &mut self.with.index.longs;
        longs.hear(heard);
        let meters = &self.with.meters.long;
        longs.not_kept().into_iter().for_each(|why| meters.keep_not(why, 1));
        self.tell_sizes();
    }

    pub(super) fn tell_sizes(&self) {
        let sizes = self.with.index.longs.sizes();
        self.with.meters.long.sizes(sizes.open, sizes.bytes);
    }

    /// As [`Self::hear`], from the spool. Whatever was heard already changes nothing.
    pub(super) fn was_heard(&mut self, record: &Record, decoded: Option<&Decoded>) {
        let words = match decoded {
            _ if record.open.is_empty() => Ok(Vec::new()),
            Some(known) => Ok(words(record, &known.head, &known.batch)),
            None => decode::batch(&record.body, self.with.limits.body_bytes)
                .map(|(head, batch)| words(record, &head, &batch)),
        };
        let words = words.unwrap_or_else(|why| {
            tracing::error!(key = record.key, %why, "what a page says is open can no longer be decoded");
            Vec::new()
        });
        Heard::of(record, words).into_iter().for_each(|heard| self.hear(heard));
    }

    pub(super) fn was_given_up(&mut self, record: &Record) {
        if let Ok(page) = record.page.as_slice().try_into() {
            self.with.index.longs.close(&record.owner(), &page, record.closed);
        }
    }

    /// Looks for what is due, when it is time to.
    pub(super) fn give_up_due(&mut self, stop: &CancellationToken) {
        let now = self.with.clock.monotonic();
        if now >= self.next_look() {
            self.looked = now;
            self.look(stop);
        }
    }

    /// Gives up what is due, until nothing is or the spool takes no more.
    pub(super) fn look(&mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            // What has been heard meanwhile may say that it has ended.
            self.take_all();
            let due = self.with.index.longs.due(self.with.clock.wall_ms()).unwrap_or_else(|error| {
                tracing::error!(%error, "it cannot be read what is open: nothing is given up until it can");
                Vec::new()
            });
            if due.is_empty() || !self.give_up(&due) {
                return;
            }
        }
    }

    /// Whether all of these are given up.
    fn give_up(&mut self, all: &[Due]) -> bool {
        let (now_ms, scrub) = (self.with.clock.wall_ms(), &self.with.limits.scrub);
        // What cannot be is tried again at the next look, and not at once.
        let (mut given_up, mut all_are) = (Vec::new(), true);
        for due in all {
            let made = std::panic::catch_unwind(AssertUnwindSafe(|| closure(due, now_ms, scrub)));
            let made = made.ok().flatten();
            if made.is_none() {
                tracing::error!(
                    key = &*due.owner.key,
                    "what is open can no longer be read: its end is not missed"
                );
                self.with.meters.long.keep_not(NotKept::Unreadable, 1);
                all_are &= self.with.index.longs.close(&due.owner, &due.page, due.number);
            }
            given_up.extend(made.map(|record| (due, record)));
        }
        let stores = given_up.into_iter().map(|(due, record)| {
            let stored = self.with.spool.release(self.closing(due, record));
            async move { (due, stored.await) }
        });
        let stored = self.runtime.block_on(futures_util::future::join_all(stores));
        for (due, stored) in stored {
            match stored {
                // Or it had ended: the writer knows, and then it has taken nothing.
                Ok(()) => all_are &= self.with.index.longs.close(&due.owner, &due.page, due.number),
                Err(why) => {
                    tracing::warn!(%why, "what is open cannot be given up");
                    all_are = false;
                }
            }
        }
        self.tell_sizes();
        all_are
    }

    fn closing(&self, due: &Due, record: Record) -> Entry {
        let claim = Claim::Closure { page: due.page, number: due.number, why: due.why };
        let carried = Carried::made(&self.with.ledger, due.owner.clone(), Made::Closure);
        Entry { record, claim, candidates: Vec::new(), carried }
    }
}
