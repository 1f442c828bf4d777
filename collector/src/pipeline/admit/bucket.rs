//! One limit: so many requests on average, so many at once. When it runs short, half of what is left is kept for pages that
//! were here long before.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    middleware::{NoOpMiddleware, StateInformationMiddleware, StateSnapshot},
    state::{InMemoryState, NotKeyed},
};

use crate::{clock::Clock, config::Rate};

/// A limit and what is left of it.
pub(crate) struct Bucket {
    limiter: RateLimiter<NotKeyed, InMemoryState, Clock, StateInformationMiddleware>,
    rate: Rate,
    level: Mutex<Level>,
    clock: Clock,
}

/// What was left when it was last spent from.
struct Level {
    left: u32,
    at: Duration,
    /// Since when it runs short.
    short_since: Option<Duration>,
}

/// Below so many percent it runs short, and what is new gets only what is above half of that.
const SHORT: u32 = 20;

/// Above so many percent it does no longer.
const ENOUGH: u32 = 50;

/// A page must have been here for so long when it began to run short. Whoever makes up pages makes up many.
pub(super) const ESTABLISHED: Duration = Duration::from_secs(60);

/// Whether who is here since `since` had been here for long at `then`.
pub(super) fn was_here(since: Option<Duration>, then: Duration) -> bool {
    since.is_some_and(|since| since.saturating_add(ESTABLISHED) <= then)
}

/// Longer ones would only make the journal larger.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Bucket {
    pub(crate) fn new(rate: Rate, clock: &Clock) -> Self {
        let limiter = RateLimiter::direct_with_clock(quota(rate), clock.clone()).with_middleware();
        let level = Level { left: rate.burst.get(), at: clock.monotonic(), short_since: None };
        Self { limiter, rate, level: Mutex::new(level), clock: clock.clone() }
    }

    /// Takes one request of who is here since `since`. How long its sender should pause, so that it does not run short; or how
    /// long until there is one.
    pub(crate) fn spend(&self, since: Option<Duration>) -> Result<Duration, Duration> {
        let now = self.clock.monotonic();
        let mut level = self.level();
        let left = self.refresh(&mut level, now);
        let kept = self.percent(SHORT / 2);
        if left < kept && level.short_since.is_some_and(|short| !was_here(since, short)) {
            return Err(self.time_for(kept - left));
        }
        self.take(&mut level, now)
    }

    /// Takes one of whatever is left, for what came to nothing.
    pub(super) fn waste(&self) {
        // What is not there cannot be taken.
        let _ = self.take(&mut self.level(), self.clock.monotonic());
    }

    fn take(&self, level: &mut Level, now: Duration) -> Result<Duration, Duration> {
        let spent = self.limiter.check();
        let left = spent.as_ref().map_or(0, StateSnapshot::remaining_burst_capacity);
        (level.left, level.at) = (left, now);
        if left < self.percent(SHORT) {
            level.short_since.get_or_insert(now);
        }
        let pause = self.time_for(self.percent(SHORT).saturating_sub(left)).min(LONGEST_PAUSE);
        spent.map_err(|until| until.wait_time_from(now)).map(|_| pause)
    }

    /// Whether nothing at all is left, and for how long.
    pub(crate) fn is_empty(&self) -> Option<Duration> {
        let left = self.refresh(&mut self.level(), self.clock.monotonic());
        (left == 0).then(|| self.time_for(1))
    }

    /// Requests of those that may come at once that are spent by now, about; and how many that may be.
    pub(crate) fn spent(&self) -> (u32, u32) {
        let left = self.refresh(&mut self.level(), self.clock.monotonic());
        (self.rate.burst.get() - left, self.rate.burst.get())
    }

    /// What is left by now, about: what was, and what has come since.
    fn refresh(&self, level: &mut Level, now: Duration) -> u32 {
        let per_second = u128::from(self.rate.per_second.get());
        let come = now.saturating_sub(level.at).as_nanos().saturating_mul(per_second) / 1_000_000_000;
        let left =
            level.left.saturating_add(u32::try_from(come).unwrap_or(u32::MAX)).min(self.rate.burst.get());
        if left >= self.percent(ENOUGH) {
            level.short_since = None;
        }
        left
    }

    fn time_for(&self, requests: u32) -> Duration {
        Duration::from_secs(1) * requests / self.rate.per_second.get()
    }

    fn percent(&self, percent: u32) -> u32 {
        u32::try_from(u64::from(self.rate.burst.get()) * u64::from(percent) / 100).unwrap_or(u32::MAX)
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A limit of which nothing is kept for anybody.
pub(super) struct Plain {
    limiter: RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<Duration>>,
}

impl Plain {
    pub(super) fn new(rate: Rate, clock: &Clock) -> Self {
        Self { limiter: RateLimiter::direct_with_clock(quota(rate), clock.clone()) }
    }

    /// Takes one. How long until there is one, if there is none.
    pub(super) fn spend(&self, now: Duration) -> Result<(), Duration> {
        self.limiter.check().map_err(|until| until.wait_time_from(now))
    }
}

fn quota(rate: Rate) -> Quota {
    Quota::per_second(rate.per_second).allow_burst(rate.burst)
}
