//! The only place that knows what time it is, so that a test can own it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[cfg(feature = "test-clock")]
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Wall time, monotonic time, and waiting.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    #[cfg(feature = "test-clock")]
    shift_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn system() -> Self {
        Self {
            started: Instant::now(),
            #[cfg(feature = "test-clock")]
            shift_ms: Arc::default(),
        }
    }

    /// A clock whose wall time the holder of the other half moves.
    #[cfg(feature = "test-clock")]
    #[must_use]
    pub fn owned() -> (Self, OwnedClock) {
        let clock = Self::system();
        let owner = OwnedClock { shift_ms: Arc::clone(&clock.shift_ms) };
        (clock, owner)
    }

    /// Milliseconds since 1970.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn wall_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        #[cfg(feature = "test-clock")]
        let now = now.saturating_add_signed(self.shift_ms.load(Ordering::SeqCst));
        now
    }

    /// Time since this clock was made; never goes back.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits.
    pub async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// What `work` comes to, or `None` if that takes longer than `time`.
    pub async fn within<F: Future>(&self, time: Duration, work: F) -> Option<F::Output> {
        tokio::time::timeout(time, work).await.ok()
    }
}

/// Rate limits count in our monotonic time.
impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.monotonic()
    }
}

/// Moves the wall time of the [`Clock`] it was made with.
#[cfg(feature = "test-clock")]
#[derive(Clone, Debug)]
pub struct OwnedClock {
    shift_ms: Arc<AtomicI64>,
}

#[cfg(feature = "test-clock")]
impl OwnedClock {
    /// Moves wall time on by `ms` (back, if negative) from where it is.
    pub fn advance_ms(&self, ms: i64) {
        self.shift_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets wall time to the machine's plus `ms`.
    pub fn shift_ms(&self, ms: i64) {
        self.shift_ms.store(ms, Ordering::SeqCst);
    }
}
