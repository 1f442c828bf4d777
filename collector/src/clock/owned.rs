//! Clocks that tests own: wall time that is moved, and clocks that stand still until somebody lets time pass.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::Clock;

/// Moves the time of the [`Clock`] it was made with.
#[derive(Clone, Debug, Default)]
pub struct OwnedClock {
    /// How far wall time was moved.
    shift_ms: Arc<AtomicI64>,
    still: Option<Still>,
}

/// A clock for which no time passes by itself.
#[derive(Clone, Debug)]
struct Still {
    /// Wall time when it was made, in milliseconds since 1970.
    began_ms: u64,
    /// How much time has passed since; whoever waits is told.
    passed: Arc<watch::Sender<Duration>>,
}

impl Clock {
    /// A clock whose wall time the holder of the other half moves.
    #[must_use]
    pub fn owned() -> (Self, OwnedClock) {
        let clock = Self::system();
        let owner = clock.owner.clone();
        (clock, owner)
    }

    /// A clock that shows `wall_ms` and stands still: time passes when the holder of the other half lets it, and whoever
    /// sleeps or waits then wakes up. The same steps give the same times, however fast the machine is.
    #[must_use]
    pub fn still(wall_ms: u64) -> (Self, OwnedClock) {
        let still = Still { began_ms: wall_ms, passed: Arc::new(watch::Sender::new(Duration::ZERO)) };
        let owner = OwnedClock { still: Some(still), ..OwnedClock::default() };
        (Self { owner: owner.clone(), ..Self::system() }, owner)
    }
}

impl OwnedClock {
    /// Moves wall time on by `ms` (back, if negative) from where it is.
    pub fn advance_ms(&self, ms: i64) {
        self.shift_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets wall time to the machine's plus `ms`.
    pub fn shift_ms(&self, ms: i64) {
        self.shift_ms.store(ms, Ordering::SeqCst);
    }

    /// Lets time pass on a clock that stands still, wall time and monotonic time alike.
    pub fn pass(&self, time: Duration) {
        if let Some(still) = &self.still {
            still.passed.send_modify(|passed| *passed = passed.saturating_add(time));
        }
    }

    pub(super) fn is_still(&self) -> bool {
        self.still.is_some()
    }

    pub(super) fn wall_ms(&self, system: u64) -> u64 {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let still = |still: &Still| still.began_ms.saturating_add(millis(*still.passed.borrow()));
        let now = self.still.as_ref().map_or(system, still);
        now.saturating_add_signed(self.shift_ms.load(Ordering::SeqCst))
    }

    pub(super) fn monotonic(&self, system: Duration) -> Duration {
        self.still.as_ref().map_or(system, |still| *still.passed.borrow())
    }

    /// Returns when it is `due`. On a clock that does not stand still that is never.
    pub(super) async fn is(&self, due: Duration) {
        let Some(Still { passed, .. }) = &self.still else { return std::future::pending().await };
        // It fails when the clock is gone, and this is part of one.
        let _ = passed.subscribe().wait_for(|passed| *passed >= due).await;
    }

    /// What is ready at once is taken even where no time is left, as tokio does it.
    pub(super) async fn until<F: Future>(&self, due: Duration, work: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.is(due) => None,
        }
    }
}

#[cfg(test)]
mod tests;
