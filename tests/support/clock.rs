//! The one clock of a test. The machine's own time plus how far the test moved it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A day.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the device did while time was moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// It ran: wall clock and monotonic clock moved on together.
    Awake,
    /// It slept: the wall clock moved on, the monotonic clock stood still.
    Asleep,
}

/// What time it is in a test.
#[derive(Debug, Default)]
pub struct TestClock {
    moved_ms: AtomicU64,
}

impl TestClock {
    /// Milliseconds since 1970.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the tests' own clock")]
    pub fn now_ms(&self) -> f64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        real.as_secs_f64() * 1e3 + self.moved_ms.load(Ordering::SeqCst) as f64
    }

    /// Moves time on.
    pub fn advance(&self, time: Duration) {
        self.moved_ms.fetch_add(millis(time), Ordering::SeqCst);
    }
}

/// Whole milliseconds of a test's step in time.
///
/// # Panics
/// If that is more than half a billion years.
#[must_use]
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("a test does not wait for half a billion years")
}
