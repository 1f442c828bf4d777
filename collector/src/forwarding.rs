//! The ways to all destinations: begun, changed and ended while the collector runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    collector::StartError,
    config::{Destination, Destinations, Limits},
    ledger::Ledger,
    metrics::Meters,
    outcome::Outcome,
    pipeline::{
        self,
        export::{Around, Client, Stops, Way},
        spool::{Segments, Spool},
    },
};

/// Everything a way needs, and the ways there are.
pub(crate) struct Forwarding {
    pub(crate) segments: Arc<Segments>,
    pub(crate) ledger: Ledger,
    pub(crate) meters: Arc<Meters>,
    pub(crate) clock: Clock,
    pub(crate) data: PathBuf,
    pub(crate) limits: Limits,
    ways: BTreeMap<Arc<str>, Running>,
    draining: CancellationToken,
}

struct Running {
    to: Arc<Destination>,
    /// It is to end after what is under way.
    halt: CancellationToken,
    task: JoinHandle<()>,
}

impl Forwarding {
    /// None yet.
    pub(crate) fn new(
        segments: &Arc<Segments>,
        ledger: &Ledger,
        meters: &Arc<Meters>,
        clock: &Clock,
        data: PathBuf,
        limits: Limits,
    ) -> Self {
        Self {
            segments: Arc::clone(segments),
            ledger: ledger.clone(),
            meters: Arc::clone(meters),
            clock: clock.clone(),
            data,
            limits,
            ways: BTreeMap::new(),
            draining: CancellationToken::new(),
        }
    }

    /// Begins to forward to `to` from its cursor on.
    pub(crate) fn begin(&mut self, to: &Arc<Destination>) -> Result<(), StartError> {
        let around =
            Around { segments: &self.segments, ledger: &self.ledger, clock: &self.clock, data: &self.data };
        let halt = CancellationToken::new();
        let stops = Stops { draining: self.draining.clone(), halt: halt.clone() };
        let way = Way::new(to, &around, self.meters.of(&to.name), stops);
        let way = way.map_err(|error| StartError::Client(error.to_string()))?;
        let task = tokio::spawn(pipeline::forward(way, self.limits.clone()));
        self.ways.insert(Arc::clone(&to.name), Running { to: Arc::clone(to), halt, task });
        Ok(())
    }

    /// Makes `wanted` the destinations there are. What stays as it was is not disturbed.
    pub(crate) async fn change(
        &mut self,
        wanted: &Arc<Destinations>,
        spool: &Spool,
    ) -> Result<(), StartError> {
        for to in &wanted.0 {
            Client::new(to, &self.clock).map_err(|error| StartError::Client(error.to_string()))?;
        }
        let stays = |running: &Running| wanted.0.contains(&running.to);
        let ended: Vec<_> = self.ways.extract_if(.., |_, running| !stays(running)).collect();
        let ended: BTreeSet<Arc<str>> =
            futures_util::future::join_all(ended.into_iter().map(|way| end(&self.clock, way)))
                .await
                .into_iter()
                .collect();
        let begun: Vec<_> = wanted.0.iter().filter(|to| !self.ways.contains_key(&to.name)).cloned().collect();
        let removed: Vec<_> =
            ended.into_iter().filter(|name| wanted.0.iter().all(|to| to.name != *name)).collect();
        removed.iter().for_each(|name| self.meters.forget(name));
        // Between two groups of records: none is counted for other destinations than those that will get it.
        let (segments, ledger, all, places) =
            (Arc::clone(&self.segments), self.ledger.clone(), Arc::clone(wanted), begun.clone());
        let cursors = self.data.join("cursors");
        let changed = spool.between(move || {
            ledger.forward_to(all);
            for name in &removed {
                let ahead = segments.remove(&cursors, name)?;
                ledger.drop_pending(name, &ahead, Outcome::DestinationRemoved);
            }
            for to in &places {
                let changed = segments.register(&cursors, to)?;
                changed.more.iter().for_each(|(owner, events)| ledger.recover(owner, &to.name, events));
                ledger.drop_pending(&to.name, &changed.less, Outcome::DestinationRemoved);
            }
            Ok(())
        });
        changed
            .await
            .unwrap_or_else(|| Err(io::Error::other("the spool has stopped")))
            .map_err(StartError::Cursors)?;
        begun.iter().try_for_each(|to| self.begin(to))
    }

    /// Delivers what destinations take at once, and ends.
    pub(crate) async fn drain(self) {
        self.draining.cancel();
        let ways = self.ways.into_values().map(|running| running.task);
        futures_util::future::join_all(ways).await;
    }
}

/// What a request under way is waited for. Its events are sent again by whoever goes on from the cursor.
const GRACE: Duration = Duration::from_secs(1);

async fn end(clock: &Clock, (name, mut running): (Arc<str>, Running)) -> Arc<str> {
    running.halt.cancel();
    if clock.within(GRACE, &mut running.task).await.is_none() {
        running.task.abort();
        // Ends at once, and says that it was aborted.
        let _ = running.task.await;
    }
    name
}
