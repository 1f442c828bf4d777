//! What stages measure while they work.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::{
    counter::Counter,
    histogram::{Histogram, exponential_buckets},
};

use super::{
    CanaryMeters, DictionaryMeters, LinkerMeters, LongMeters, OverflowMeters,
    lately::{Lately, Took},
};
use crate::{connections::Connections, pipeline::export::Load};

/// What stages measure while they work.
#[derive(Debug)]
pub(crate) struct Meters {
    /// Seconds a sync of the spool takes.
    pub(crate) fsync: Histogram,
    /// What the linker finds.
    pub(crate) linker: LinkerMeters,
    /// What becomes of long spans.
    pub(crate) long: LongMeters,
    /// What is kept of pages, and whether that is what they refer to.
    pub(crate) dictionaries: DictionaryMeters,
    /// What was one too many.
    pub(crate) overflow: OverflowMeters,
    /// What is connected to what.
    pub(crate) connections: Arc<Connections>,
    /// When canaries are made.
    pub(crate) canary: CanaryMeters,
    /// Connections of addresses that had too many.
    pub(crate) connections_refused: Counter,
    /// Sessions that were erased.
    pub(crate) erased: Counter,
    /// By destination.
    destinations: Mutex<BTreeMap<Arc<str>, Arc<DestinationMeters>>>,
}

/// What is measured per destination.
#[derive(Debug)]
pub(crate) struct DestinationMeters {
    /// Seconds from a request to its answer.
    export: Histogram,
    /// How long the last of them took.
    lately: Lately,
    /// Seconds from making a canary to its delivery.
    canary: Histogram,
    /// The last canary that it has.
    arrived: Mutex<Option<Arrived>>,
    /// Requests that will be made again.
    pub(crate) retries: Counter,
    /// Receive time of the oldest record not delivered yet; 0: there is none.
    pub(super) oldest_ms: AtomicU64,
    /// Spans in the request under way.
    pub(super) in_flight: AtomicU64,
    /// 1: its last answer says that it is set up wrongly.
    pub(super) misconfigured: AtomicU64,
    /// 1: it has failed so often that one request at a time is tried.
    pub(super) breaker: AtomicU64,
}

/// A canary that a destination has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) at_ms: u64,
    /// Since it was made.
    pub(crate) took_ms: u64,
}

/// How a destination keeps up, for people.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    /// As [`DestinationMeters::oldest_ms`].
    pub(crate) oldest_ms: u64,
    pub(crate) in_flight: u64,
    pub(crate) retries: u64,
    pub(crate) is_open: bool,
    pub(crate) is_misconfigured: bool,
    /// How long its last requests took.
    pub(crate) took: Option<Took>,
    /// The last canary that it has.
    pub(crate) canary: Option<Arrived>,
}

impl Meters {
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            fsync: seconds(),
            linker: LinkerMeters::default(),
            long: LongMeters::default(),
            dictionaries: DictionaryMeters::default(),
            overflow: OverflowMeters::default(),
            connections: Arc::default(),
            canary: CanaryMeters::default(),
            connections_refused: Counter::default(),
            erased: Counter::default(),
            destinations: Mutex::default(),
        }
    }

    /// Those of a destination.
    pub(crate) fn of(&self, destination: &Arc<str>) -> Arc<DestinationMeters> {
        let mut destinations = self.lock();
        let meters = destinations.entry(Arc::clone(destination));
        Arc::clone(meters.or_insert_with(|| Arc::new(DestinationMeters::new())))
    }

    /// There is no such destination any more.
    pub(crate) fn forget(&self, destination: &str) {
        self.lock().remove(destination);
    }

    /// By name of the destination.
    pub(crate) fn destinations(&self) -> BTreeMap<Arc<str>, Arc<DestinationMeters>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Arc<DestinationMeters>>> {
        self.destinations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DestinationMeters {
    fn new() -> Self {
        let [oldest_ms, in_flight, misconfigured, breaker] = [0; 4].map(AtomicU64::new);
        Self {
            export: seconds(),
            lately: Lately::default(),
            canary: seconds(),
            arrived: Mutex::default(),
            retries: Counter::default(),
            oldest_ms,
            in_flight,
            misconfigured,
            breaker,
        }
    }

    /// Of requests and of canaries.
    pub(super) fn histograms(&self) -> (Histogram, Histogram) {
        (self.export.clone(), self.canary.clone())
    }

    /// A request was answered, or not, after so long.
    pub(crate) fn took(&self, took: Duration) {
        self.export.observe(took.as_secs_f64());
        self.lately.add(took);
    }

    /// It has a canary, so long after that was made.
    pub(crate) fn has_canary(&self, at_ms: u64, took_ms: u64) {
        self.canary.observe(Duration::from_millis(took_ms).as_secs_f64());
        *self.arrived.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arrived { at_ms, took_ms });
    }

    /// `load` is being sent.
    pub(crate) fn is_sending(&self, load: &Load) {
        self.in_flight.fetch_add(load.spans, Ordering::Relaxed);
    }

    /// What is oldest of all that is being sent was received then.
    pub(crate) fn oldest(&self, receive_time_ms: u64) {
        self.oldest_ms.store(receive_time_ms, Ordering::Relaxed);
    }

    /// `load` is decided.
    pub(crate) fn has_sent(&self, load: &Load) {
        self.in_flight.fetch_sub(load.spans, Ordering::Relaxed);
    }

    /// Whether one request at a time is tried.
    pub(crate) fn breaker(&self, open: bool) {
        self.breaker.store(u64::from(open), Ordering::Relaxed);
    }

    /// Whether only a person can help, by its last answer.
    pub(crate) fn is_misconfigured(&self, misconfigured: bool) {
        self.misconfigured.store(u64::from(misconfigured), Ordering::Relaxed);
    }

    /// How it keeps up.
    pub(crate) fn now(&self) -> Now {
        Now {
            oldest_ms: self.oldest_ms.load(Ordering::Relaxed),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            retries: self.retries.get(),
            is_open: self.breaker.load(Ordering::Relaxed) != 0,
            is_misconfigured: self.misconfigured.load(Ordering::Relaxed) != 0,
            took: self.lately.took(),
            canary: *self.arrived.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Everything is delivered.
    pub(crate) fn is_idle(&self) {
        self.oldest_ms.store(0, Ordering::Relaxed);
        self.in_flight.store(0, Ordering::Relaxed);
        self.breaker(false);
    }
}

/// From a tenth of a millisecond, a fast disk, to 26 s, beyond every timeout.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 4.0, 10))
}
