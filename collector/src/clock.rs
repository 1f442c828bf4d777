//! The only place that knows what time it is, so that a test can own it.

#[cfg(feature = "test-clock")]
mod owned;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[cfg(feature = "test-clock")]
pub use owned::OwnedClock;

/// Milliseconds of a day (UTC).
pub(crate) const DAY_MS: u64 = 86_400_000;

/// Wall time, monotonic time, and waiting.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    #[cfg(feature = "test-clock")]
    owner: OwnedClock,
}

impl Clock {
    /// The machine's clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn system() -> Self {
        Self {
            started: Instant::now(),
            #[cfg(feature = "test-clock")]
            owner: OwnedClock::default(),
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        let now = system_ms();
        #[cfg(feature = "test-clock")]
        let now = self.owner.wall_ms(now);
        now
    }

    /// Time since this clock was made; never goes back.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        let now = self.started.elapsed();
        #[cfg(feature = "test-clock")]
        let now = self.owner.monotonic(now);
        now
    }

    /// Waits.
    pub async fn sleep(&self, time: Duration) {
        #[cfg(feature = "test-clock")]
        if self.owner.is_still() {
            return self.owner.is(self.monotonic().saturating_add(time)).await;
        }
        tokio::time::sleep(time).await;
    }

    /// What `work` comes to, or `None` if that is not before `due`, by [`Clock::monotonic`]. What was computed as a
    /// distance would be too long by what passes until somebody waits for it.
    pub async fn until<F: Future>(&self, due: Duration, work: F) -> Option<F::Output> {
        #[cfg(feature = "test-clock")]
        if self.owner.is_still() {
            return self.owner.until(due, work).await;
        }
        self.within(due.saturating_sub(self.monotonic()), work).await
    }

    /// What `work` comes to, or `None` if that takes longer than `time`.
    pub async fn within<F: Future>(&self, time: Duration, work: F) -> Option<F::Output> {
        #[cfg(feature = "test-clock")]
        if self.owner.is_still() {
            return self.owner.until(self.monotonic().saturating_add(time), work).await;
        }
        tokio::time::timeout(time, work).await.ok()
    }
}

/// The machine's wall time in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
fn system_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Rate limits count in our monotonic time.
impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.monotonic()
    }
}
