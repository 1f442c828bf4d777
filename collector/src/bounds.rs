//! How much of each bound is used. Said aloud at 80 and 90 percent, with what to change, before anything is refused.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config,
    pipeline::{
        link::WaitingRoom,
        spool::{Free, Segments},
    },
};

/// What is bounded.
#[derive(Debug)]
pub(crate) struct Bounds {
    segments: Arc<Segments>,
    spool: config::Spool,
    waiting_room: Arc<WaitingRoom>,
    /// The last step at which each bound was warned about.
    said: Mutex<BTreeMap<Name, u64>>,
}

/// A bound, and whose.
type Name = (&'static str, Option<Arc<str>>);

/// How much of one bound is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    /// The setting.
    pub(crate) bound: &'static str,
    pub(crate) destination: Option<Arc<str>>,
    pub(crate) used: u64,
    pub(crate) most: u64,
    change: &'static str,
}

/// Often enough for a bound that fills within minutes.
const EVERY: Duration = Duration::from_secs(10);

/// Percent at which a warning is due, the higher first.
const STEPS: [u64; 2] = [90, 80];

/// How much of what there may be is used.
pub(crate) fn percent(used: u64, most: u64) -> u64 {
    used.saturating_mul(100) / most.max(1)
}

impl Used {
    pub(crate) fn percent(&self) -> u64 {
        percent(self.used, self.most)
    }

    /// What to do when it is nearly reached.
    pub(crate) fn change(&self) -> &'static str {
        self.change
    }
}

impl Bounds {
    pub(crate) fn new(
        segments: &Arc<Segments>,
        spool: &config::Spool,
        waiting_room: &Arc<WaitingRoom>,
    ) -> Self {
        let (segments, waiting_room) = (Arc::clone(segments), Arc::clone(waiting_room));
        Self { segments, spool: spool.clone(), waiting_room, said: Mutex::default() }
    }

    /// Whether anything is refused for want of room.
    pub(crate) fn is_full(&self) -> bool {
        self.segments.is_full(self.segments.disk(), &self.spool)
    }

    /// Every bound, now.
    pub(crate) fn all(&self) -> Vec<Used> {
        let spool = Used {
            bound: "spool.max_bytes",
            destination: None,
            used: self.segments.bytes(),
            most: self.spool.max_bytes,
            change: "mend the destination that is behind, or raise spool.max_bytes; when it is full, everything is refused",
        };
        let disk = self.segments.disk().map(|Free { free, all }| Used {
            bound: "spool.reserve_bytes",
            destination: None,
            used: all.saturating_sub(free),
            most: all.saturating_sub(self.spool.reserve_of(all)),
            change: "make room on the disk of `data`; without it everything is refused",
        });
        let (used, most) = self.waiting_room.bytes();
        let waiting = (most > 0).then_some(Used {
            bound: "linker.max_waiting_mib",
            destination: None,
            used,
            most,
            change: "raise it, lower linker.wait_ms, or look for a rule that matches more than was meant; beyond it events leave without inferred links",
        });
        let destinations = self.segments.depths().into_iter().map(|(name, used, most)| Used {
            bound: "export.max_bytes",
            destination: Some(name),
            used,
            most,
            change: "mend the destination, or raise its max_bytes; beyond it its oldest events are dropped",
        });
        [spool].into_iter().chain(disk).chain(waiting).chain(destinations).collect()
    }

    /// Warns until `stop`.
    pub(crate) async fn watch(self: Arc<Self>, clock: Clock, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.warn();
            let _ = clock.within(EVERY, stop.cancelled()).await;
        }
    }

    fn warn(&self) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        for used in self.all() {
            let percent = used.percent();
            let step = STEPS.into_iter().find(|step| percent >= *step).unwrap_or(0);
            let before = said.insert((used.bound, used.destination.clone()), step).unwrap_or(0);
            if step > before {
                let Used { bound, change, used: bytes, most, destination } = &used;
                let destination = destination.as_deref().unwrap_or("");
                tracing::warn!(bound, destination, percent, bytes, most, change, "a bound is nearly reached");
            }
        }
    }
}
