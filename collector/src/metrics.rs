//! `/metrics`: the ledger at one instant, the spool, and how long things take.

mod book;
mod canary;
mod connections;
mod dictionaries;
mod lately;
mod linker;
mod long;
mod meters;
mod overflow;
mod rows;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text},
    registry::{Registry, Unit},
};

use self::{
    book::{destinations, keys},
    rows::{Rows, counter, gauge},
};
pub(crate) use self::{
    canary::CanaryMeters,
    dictionaries::DictionaryMeters,
    linker::LinkerMeters,
    long::{LongMeters, NotKept},
    meters::{DestinationMeters, Meters},
    overflow::OverflowMeters,
};
use crate::{
    bounds::Bounds,
    clock::Clock,
    ledger::Ledger,
    memory::Memory,
    pipeline::{link::WaitingRoom, spool::Segments},
};

/// Everything `/metrics` shows.
#[derive(Clone)]
pub(crate) struct Metrics(State);

impl Metrics {
    pub(crate) fn new(
        ledger: &Ledger,
        segments: &Arc<Segments>,
        meters: &Arc<Meters>,
        bounds: &Arc<Bounds>,
        memory: &Arc<Memory>,
        waiting_room: &Arc<WaitingRoom>,
        clock: &Clock,
    ) -> Self {
        Self(State {
            ledger: ledger.clone(),
            segments: Arc::clone(segments),
            meters: Arc::clone(meters),
            bounds: Arc::clone(bounds),
            memory: Arc::clone(memory),
            waiting_room: Arc::clone(waiting_room),
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
            let (export, canary) = to.histograms();
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
    memory: Arc<Memory>,
    waiting_room: Arc<WaitingRoom>,
    clock: Clock,
}

impl Collector for State {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        let book = self.ledger.snapshot();
        keys(&book, &mut to)?;
        destinations(&book, &mut to)?;
        self.spool(&mut to)?;
        self.queues(&mut to)?;
        self.linker(&mut to)?;
        self.long(&mut to)?;
        self.erasures(&mut to)?;
        self.meters.dictionaries.encode(&mut to)?;
        self.meters.overflow.encode(&mut to)?;
        connections::encode(&self.meters.connections, &mut to)?;
        self.used(&mut to)
    }
}

impl State {
    fn used(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let one = |value: u64| vec![(Vec::new(), value)];
        gauge(to, "memory_resident_bytes", "Memory the process takes", one(self.memory.resident()))?;
        gauge(
            to,
            "memory_limit_bytes",
            "Memory above which requests are turned away",
            one(self.memory.limit),
        )?;
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

    fn linker(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let one = |value: u64| vec![(Vec::new(), value)];
        let (linker, room) = (&self.meters.linker, &self.waiting_room);
        let links = linker.links();
        let by_rule = links.iter().map(|(rule, count)| (vec![("rule", &**rule)], *count)).collect();
        let waiting = self.segments.events_waiting();
        let failing = self.segments.health.linker_failing.load(Ordering::Relaxed);
        gauge(
            to,
            "linker_waiting_events",
            "Events that wait for what was recorded before them",
            one(waiting),
        )?;
        gauge(to, "linker_waiting_bytes", "Memory that these take", one(room.bytes().0))?;
        gauge(to, "linker_values", "Values by which events are found", one(linker.values()))?;
        gauge(
            to,
            "linker_failing",
            "1: the link index cannot be written, so segments stay",
            one(u64::from(failing)),
        )?;
        counter(to, "linker_links", "Links found by rules", by_rule)?;
        counter(to, "linker_late_links", "Of these, to what had left before", one(linker.late()))?;
        counter(
            to,
            "linker_links_withdrawn",
            "Links to a rendering trace that more than one page claims, which were left out",
            one(linker.withdrawn()),
        )?;
        counter(to, "linker_not_looked_at", "Events that found no room to wait", one(room.not_looked_at()))?;
        counter(
            to,
            "linker_values_forgotten",
            "Values forgotten to stay within max_values",
            one(linker.forgotten()),
        )
    }

    fn long(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let one = |value: u64| vec![(Vec::new(), value)];
        let long = &self.meters.long;
        let [open, bytes, resumed] = long.now();
        let closed = long.closed().map(|(why, count)| (vec![("why", why)], count)).collect();
        let unheard = [("unheard", self.waiting_room.unheard())];
        let not_kept = long.not_kept().chain(unheard);
        let not_kept = not_kept.map(|(why, count)| (vec![("reason", why)], count)).collect();
        gauge(to, "long_spans_open", "Spans whose ends are waited for", one(open))?;
        gauge(to, "long_spans_open_bytes", "What is kept of these", one(bytes))?;
        counter(to, "long_spans_closed", "Spans whose ends are not waited for any more", closed)?;
        counter(to, "long_spans_resumed", "Ends that came after all", one(resumed))?;
        counter(to, "long_spans_not_kept", "Words of open spans that were not kept", not_kept)
    }

    fn erasures(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let one = |value: u64| vec![(Vec::new(), value)];
        let erased = &self.segments.erased;
        let refused = one(self.meters.connections_refused.get());
        counter(to, "connections_refused", "Connections closed because their address had too many", refused)?;
        counter(to, "sessions_erased", "Sessions erased since the start", one(self.meters.erased.get()))?;
        gauge(to, "erasures_remembered", "Erased sessions that are known", one(erased.count()))?;
        counter(
            to,
            "erasures_forgotten",
            "Of these, forgotten because there were more",
            one(erased.forgotten()),
        )
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
