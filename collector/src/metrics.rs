//! `/metrics`: the ledger at one instant, the spool, and how long things take.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text},
    metrics::{
        MetricType,
        counter::Counter,
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{
    bounds::Bounds,
    clock::Clock,
    ledger::{Book, Ledger},
    outcome::Outcome,
    pipeline::{export::Load, spool::Segments},
};

/// What stages measure while they work.
#[derive(Debug)]
pub(crate) struct Meters {
    /// Seconds a sync of the spool takes.
    pub(crate) fsync: Histogram,
    /// By destination.
    destinations: Mutex<BTreeMap<Arc<str>, Arc<DestinationMeters>>>,
}

/// What is measured per destination.
#[derive(Debug)]
pub(crate) struct DestinationMeters {
    /// Seconds from a request to its answer.
    pub(crate) export: Histogram,
    /// Seconds from making a canary to its delivery.
    pub(crate) canary: Histogram,
    /// Requests that will be made again.
    pub(crate) retries: Counter,
    /// Receive time of the oldest record not delivered yet; 0: there is none.
    oldest_ms: AtomicU64,
    /// Spans in the request under way.
    in_flight: AtomicU64,
    /// 1: its last answer says that it is set up wrongly.
    misconfigured: AtomicU64,
    /// 1: it has failed so often that one request at a time is tried.
    breaker: AtomicU64,
}

impl Meters {
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { fsync: seconds(), destinations: Mutex::default() }
    }

    /// Those of a destination.
    pub(crate) fn of(&self, destination: &Arc<str>) -> Arc<DestinationMeters> {
        let mut destinations = self.lock();
        let meters = destinations.entry(Arc::clone(destination));
        Arc::clone(meters.or_insert_with(|| Arc::new(DestinationMeters::new())))
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
            canary: seconds(),
            retries: Counter::default(),
            oldest_ms,
            in_flight,
            misconfigured,
            breaker,
        }
    }

    /// `load` is being sent.
    pub(crate) fn is_sending(&self, load: &Load) {
        self.oldest_ms.store(load.oldest_ms, Ordering::Relaxed);
        self.in_flight.fetch_add(load.spans, Ordering::Relaxed);
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

/// Everything `/metrics` shows.
pub(crate) struct Metrics(State);

impl Metrics {
    pub(crate) fn new(
        ledger: &Ledger,
        segments: &Arc<Segments>,
        meters: &Arc<Meters>,
        bounds: &Arc<Bounds>,
        clock: &Clock,
    ) -> Self {
        Self(State {
            ledger: ledger.clone(),
            segments: Arc::clone(segments),
            meters: Arc::clone(meters),
            bounds: Arc::clone(bounds),
            clock: clock.clone(),
        })
    }

    /// In the text format of OpenMetrics. Destinations come and go, so everything is looked up each time.
    pub(crate) fn encode(&self) -> String {
        let Self(state) = self;
        let mut registry = Registry::with_prefix("weft");
        let fsync = state.meters.fsync.clone();
        registry.register_with_unit("spool_fsync", "Time a sync of the spool takes", Unit::Seconds, fsync);
        for (name, to) in state.meters.destinations() {
            let labels = vec![("destination".into(), name.to_string().into())];
            let registry = registry.sub_registry_with_labels(labels.into_iter());
            let (export, canary) = (to.export.clone(), to.canary.clone());
            registry.register_with_unit("export", "Time from a request to its answer", Unit::Seconds, export);
            registry.register_with_unit(
                "canary",
                "Time from making a canary to its delivery",
                Unit::Seconds,
                canary,
            );
            registry.register("export_retries", "Requests that were made again", to.retries.clone());
        }
        registry.register_collector(Box::new(state.clone()));
        let mut out = String::new();
        // Writing to memory cannot fail.
        let _ = text::encode(&mut out, &registry);
        out
    }
}

/// What is looked up when somebody asks.
#[derive(Clone, Debug)]
struct State {
    ledger: Ledger,
    segments: Arc<Segments>,
    meters: Arc<Meters>,
    bounds: Arc<Bounds>,
    clock: Clock,
}

type Labels<'a> = Vec<(&'static str, &'a str)>;
type Rows<'a> = Vec<(Labels<'a>, u64)>;

impl Collector for State {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        let book = self.ledger.snapshot();
        keys(&book, &mut to)?;
        destinations(&book, &mut to)?;
        self.spool(&mut to)?;
        self.queues(&mut to)?;
        self.used(&mut to)
    }
}

fn keys(book: &Book, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut counts = [Rows::new(), Rows::new(), Rows::new(), Rows::new(), Rows::new()];
    let [received, accepted, refused, removed, dropped] = &mut counts;
    let (mut in_flight, mut bodies) = (Rows::new(), Rows::new());
    let (mut not_seen, mut lost) = (Rows::new(), Rows::new());
    let outcome = |(outcome, count): (&Outcome, &u64)| (outcome.name(), *count);
    for (key, page) in &book.keys {
        let labels = || vec![("key", &**key), ("application", &*page.application)];
        let with =
            |name: &'static str, value| labels().into_iter().chain([(name, value)]).collect::<Vec<_>>();
        received.push((labels(), page.received));
        accepted.push((labels(), page.accepted));
        in_flight.push((labels(), page.in_flight));
        not_seen.push((labels(), page.gaps.not_seen_yet));
        lost.push((labels(), page.gaps.lost_in_browser));
        removed.push((labels(), page.reserved_attributes_removed));
        refused.extend(page.refused.iter().map(outcome).map(|(why, count)| (with("outcome", why), count)));
        bodies.extend(
            page.bodies_refused.iter().map(outcome).map(|(why, count)| (with("outcome", why), count)),
        );
        dropped.extend(page.sdk_dropped.iter().map(|(why, count)| (with("reason", why), *count)));
    }
    let nobody = |why| vec![("key", ""), ("application", ""), ("outcome", why)];
    bodies.extend(book.without_key.iter().map(outcome).map(|(why, count)| (nobody(why), count)));
    let [received, accepted, refused, removed, dropped] = counts;
    counter(to, "events_received", "Events in bodies that could be decoded", received)?;
    counter(to, "events_accepted", "Events made durable", accepted)?;
    counter(to, "events_refused", "Events not made durable", refused)?;
    gauge(to, "events_in_flight", "Events received and not decided yet", in_flight)?;
    counter(to, "bodies_refused", "Bodies refused unread or undecodable", bodies)?;
    counter(to, "reserved_attributes_removed", "Attributes that only the collector may set", removed)?;
    counter(to, "sdk_dropped", "What the SDKs say they dropped", dropped)?;
    gauge(to, "events_not_seen_yet", "Numbers of events that have not come and still may", not_seen)?;
    counter(
        to,
        "events_lost_in_browser",
        "Numbers of events that had not come when their page was forgotten",
        lost,
    )
}

fn destinations(book: &Book, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let (mut came, mut went, mut pending) = (Rows::new(), Rows::new(), Rows::new());
    for (key, page) in &book.keys {
        for (destination, fates) in &page.destinations {
            let labels = || vec![("key", &**key), ("destination", &**destination)];
            let with =
                |name: &'static str, value| labels().into_iter().chain([(name, value)]).collect::<Vec<_>>();
            came.push((with("from", "recovered"), fates.recovered));
            came.push((with("from", "accepted"), fates.accepted));
            came.push((with("from", "made_here"), fates.made_here));
            went.push((with("fate", "delivered"), fates.delivered));
            went.push((with("fate", "rejected_by_destination"), fates.rejected_by_destination));
            went.extend(fates.dropped.iter().map(|(why, count)| (with("fate", why.name()), *count)));
            pending.push((labels(), fates.pending));
        }
    }
    counter(to, "destination_events", "Events for a destination, by where they came from", came)?;
    counter(to, "destination_events_settled", "Events that a destination's cursor passed, by fate", went)?;
    gauge(to, "destination_events_pending", "Events a destination does not have yet", pending)
}

impl State {
    fn used(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let used = self.bounds.all();
        let rows = used.iter().map(|used| {
            (
                vec![("bound", used.bound), ("destination", used.destination.as_deref().unwrap_or(""))],
                used.percent(),
            )
        });
        gauge(
            to,
            "bound_used_percent",
            "How much of a bound is used; warned about at 80 and 90",
            rows.collect(),
        )
    }

    fn spool(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let health = &self.segments.health;
        let one = |value: u64| vec![(Vec::new(), value)];
        let count = |value: &AtomicU64| one(value.load(Ordering::Relaxed));
        gauge(to, "spool_bytes", "Bytes of all segments", one(self.segments.bytes()))?;
        gauge(
            to,
            "spool_failing",
            "1: the last write failed",
            one(u64::from(health.failing.load(Ordering::Relaxed))),
        )?;
        gauge(
            to,
            "claims_failing",
            "1: claims cannot be written, so segments stay",
            one(u64::from(health.claims_failing.load(Ordering::Relaxed))),
        )?;
        counter(
            to,
            "spool_torn_tails",
            "Records cut off because a crash interrupted them",
            count(&health.torn_tails),
        )?;
        counter(to, "spool_missing_segments", "Deleted by somebody else", count(&health.missing_segments))?;
        counter(to, "spool_damaged_bytes", "Bytes found damaged at start", count(&health.damaged_bytes))?;
        counter(to, "spool_skipped_bytes", "Bytes skipped while reading", count(&health.skipped_bytes))?;
        counter(to, "claims_forgotten", "Pages and event numbers forgotten", count(&health.forgotten_claims))
    }

    fn queues(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let now = self.clock.wall_ms();
        let (mut ages, mut in_flight, mut misconfigured) = (Rows::new(), Rows::new(), Rows::new());
        let (mut breakers, mut depths) = (Rows::new(), Rows::new());
        let destinations = self.meters.destinations();
        for (name, meters) in &destinations {
            let oldest = meters.oldest_ms.load(Ordering::Relaxed);
            let age_ms = if oldest == 0 { 0 } else { now.saturating_sub(oldest) };
            let labels = || vec![("destination", &**name)];
            ages.push((labels(), age_ms));
            in_flight.push((labels(), meters.in_flight.load(Ordering::Relaxed)));
            misconfigured.push((labels(), meters.misconfigured.load(Ordering::Relaxed)));
            breakers.push((labels(), meters.breaker.load(Ordering::Relaxed)));
            depths.push((labels(), self.segments.depth(name)));
        }
        gauge(to, "destination_depth_bytes", "Bytes of the spool that a destination has not passed", depths)?;
        gauge(
            to,
            "export_breaker_open",
            "1: it fails so often that one request at a time is tried",
            breakers,
        )?;
        gauge(to, "oldest_unexported_age_milliseconds", "Age of the oldest record not delivered", ages)?;
        gauge(to, "export_in_flight_spans", "Spans in the request under way", in_flight)?;
        gauge(to, "export_misconfigured", "1: see the log for what to change", misconfigured)
    }
}

fn counter(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, rows: Rows<'_>) -> fmt::Result {
    let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in rows {
        let mut row = metric.encode_family(&labels)?;
        row.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
    }
    Ok(())
}

fn gauge(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, rows: Rows<'_>) -> fmt::Result {
    let mut metric = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in rows {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}
