//! A collector put together, serving until told to stop.

mod listeners;
mod opening;
mod reload;

use std::{fs::File, io, net::SocketAddr, path::PathBuf, sync::Arc, thread::JoinHandle};

use axum::Router;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub use self::listeners::Listeners;

use self::opening::{most_waiting, open_index, open_sdk};

use crate::{
    admin::{self, Admin, Guard},
    bounds::Bounds,
    canary::sing,
    clock::Clock,
    config::{Config, Key},
    explorer::{self, Explorer},
    forwarding::Forwarding,
    http::{self, Certificate, Port},
    ledger::Ledger,
    memory::Memory,
    metrics::{Meters, Metrics},
    pipeline::{
        Intake, Parts,
        admit::Gate,
        link::{Keeps, Linker, Rules, Starts, WaitingRoom},
        spool::{self, OpenError, Opened, With, thread},
    },
    sdk::{self, Sdk},
    sessions::Sessions,
    shutdown::{self, Drained},
    sourcemaps::SourceMaps,
    telemetry::Telemetry,
};

/// Why a collector cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be bound.
    #[error("cannot listen on {address}: {error}; set `{setting}` to a free address")]
    Listen {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The spool cannot be opened.
    #[error(transparent)]
    Spool(#[from] OpenError),
    /// The link index cannot be opened.
    #[error("{path}: {error}; check that it is writable, or set `data`")]
    Index {
        /// Where it is.
        path: PathBuf,
        /// What the store said.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The SDK cannot be read.
    #[error("{path}: {error}; check `sdk.directory`")]
    Sdk {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system gives no thread.
    #[error("a thread cannot be started: {0}")]
    Thread(io::Error),
    /// A place in the spool cannot be kept.
    #[error("cursors in `data` cannot be written: {0}")]
    Cursors(io::Error),
    /// There is nothing to send with.
    #[error("{0}; check `ca_file` and `endpoint`")]
    Client(String),
}

/// Builds a collector and serves until `shutdown`.
///
/// # Errors
/// If it cannot start. Once it runs, nothing ends it but `shutdown`.
pub async fn run(
    config: Config,
    listeners: Listeners,
    clock: Clock,
    shutdown: CancellationToken,
) -> Result<Drained, StartError> {
    // Nobody sends: the settings stay as they are.
    let (_, reloads) = mpsc::channel(1);
    Ok(Collector::build(config, clock)?.serve(listeners, shutdown, reloads).await)
}

/// A collector with its spool open, not serving yet.
pub struct Collector {
    config: Config,
    clock: Clock,
    intake: Arc<Intake>,
    admin: Arc<Admin>,
    bounds: Arc<Bounds>,
    forwarding: Forwarding,
    own_key: Arc<Key>,
    sdk: Option<Arc<Sdk>>,
    certificate: Certificate,
    threads: Vec<JoinHandle<()>>,
    /// Tells the linker to release everything and end.
    last_release: CancellationToken,
    _lock: Arc<File>,
}

impl Collector {
    /// Opens the spool and puts everything together.
    ///
    /// # Errors
    /// If the spool cannot be opened.
    pub fn build(config: Config, clock: Clock) -> Result<Self, StartError> {
        let sdk = open_sdk(&config)?;
        let ledger = Ledger::new(Arc::new(config.destinations.clone()));
        let sessions = Sessions::default();
        let meters = Arc::new(Meters::new());
        let index = open_index(&config)?;
        let (waiting_room, inbox) = WaitingRoom::new(most_waiting(&config));
        let Opened { spool, segments, mut threads, lock } = spool::open(With {
            config: &config,
            clock: &clock,
            ledger: &ledger,
            sessions: &sessions,
            meters: &meters,
            waiting_room: &waiting_room,
            linked: Some(index.place()),
        })?;
        let rules = Rules::new(&config.linker, index.seed());
        let linker = Linker::new(Starts {
            inbox,
            room: Arc::clone(&waiting_room),
            spool: spool.clone(),
            segments: Arc::clone(&segments),
            index,
            rules: rules.clone(),
            limits: config.limits.clone(),
            ledger: ledger.clone(),
            meters: Arc::clone(&meters),
            clock: clock.clone(),
            wait: config.linker.wait,
            keeps: config.linker.keeps(),
            long: Keeps::of(&config),
            durability: config.spool.durability,
        });
        let (data, limits) = (config.data.clone(), config.limits.clone());
        let mut forwarding = Forwarding::new(&segments, &ledger, &meters, &clock, data, limits);
        config.destinations.0.iter().try_for_each(|to| forwarding.begin(to))?;
        let bounds = Arc::new(Bounds::new(&segments, &config.spool, &waiting_room));
        let memory = Memory::new(config.memory_limit);
        let metrics = Metrics::new(&ledger, &segments, &meters, &bounds, &memory, &waiting_room, &clock);
        let connections = Arc::clone(&meters.connections);
        let own_key = Arc::new(Key::of_canary());
        let gate = Gate::new(&config, &own_key, &clock);
        let parts =
            Parts { rules, spool, ledger: ledger.clone(), memory: Arc::clone(&memory), waiting_room, meters };
        let intake = Arc::new(Intake::new(&config, gate, parts));
        let admin = Admin {
            guard: Guard::new(config.admin_token.as_ref()),
            ledger,
            sessions,
            connections,
            explorer: Explorer::new(&config, &segments.erased),
            source_maps: Arc::new(SourceMaps::new(&config.data, config.explorer.source_maps_bytes)),
            segments,
            metrics,
            intake: Arc::clone(&intake),
            bounds: Arc::clone(&bounds),
            memory,
            clock: clock.clone(),
        };
        let admin = Arc::new(admin);
        let last_release = CancellationToken::new();
        let told = last_release.clone();
        threads.push(thread("link", move || linker.run(&told)).map_err(StartError::Thread)?);
        Ok(Self {
            certificate: Certificate::new(config.tls.0.clone()),
            config,
            clock,
            intake,
            admin,
            bounds,
            forwarding,
            own_key,
            sdk,
            threads,
            last_release,
            _lock: lock,
        })
    }

    /// Serves until `shutdown`, then drains: requests under way, the spool, and what destinations still take. What
    /// comes through `reloads` meanwhile are settings to go on with.
    pub async fn serve(
        self,
        listeners: Listeners,
        shutdown: CancellationToken,
        mut reloads: mpsc::Receiver<Config>,
    ) -> Drained {
        let stopped = CancellationToken::new();
        let serve = |listener, router, tls: &Certificate, stop: &CancellationToken| {
            let (limits, clock) = (self.config.limits.clone(), self.clock.clone());
            let refused = self.intake.meters.connections_refused.clone();
            Port { listener, router, limits, clock, refused, tls: tls.clone() }.serve(stop.clone())
        };
        let mut ingest = JoinSet::new();
        let at = listeners.ingest.local_addr();
        let router = http::ingest(Arc::clone(&self.intake), self.beside());
        ingest.spawn(serve(listeners.ingest, router, &self.certificate, &shutdown));
        let mut beside = JoinSet::new();
        // The admin port answers while the rest drains: that is when somebody looks.
        beside.spawn(serve(
            listeners.admin,
            admin::routes(Arc::clone(&self.admin)),
            &Certificate::default(),
            &stopped,
        ));
        beside.spawn(Arc::clone(&self.admin.memory).watch(self.clock.clone(), stopped.clone()));
        beside.spawn(Arc::clone(&self.bounds).watch(self.clock.clone(), stopped.clone()));
        beside.spawn(Arc::clone(&self.admin.connections).watch(self.clock.clone(), stopped.clone()));
        let mut canary = JoinSet::new();
        if !self.config.canary.is_zero() {
            let (intake, key) = (Arc::clone(&self.intake), Arc::clone(&self.own_key));
            canary.spawn(sing(intake, key, self.config.canary, self.clock.clone()));
        }
        if let Ok(listen) = at {
            self.admin.explorer.is_at(listen);
        }
        if self.config.explorer.most_bytes > 0 {
            let (explorer, segments) = (Arc::clone(&self.admin.explorer), Arc::clone(&self.admin.segments));
            let (limits, clock) = (self.config.limits.clone(), self.clock.clone());
            let budget = explorer::Budget::new(self.config.explorer.events_per_second);
            beside.spawn(explorer::feed(explorer, segments, limits, budget, clock, stopped.clone()));
        }
        let telemetry = self.telemetry();
        let mut this = self;
        while let Some(config) = tokio::select! {
            () = shutdown.cancelled() => None,
            Some(config) = reloads.recv() => Some(config),
        } {
            this.reload(config).await;
        }
        canary.shutdown().await;
        let drained = this.drain(ingest).await;
        if let Some(telemetry) = telemetry {
            // It waits for its receiver, which may be as gone as everything else.
            let _ = tokio::task::spawn_blocking(move || telemetry.stop()).await;
        }
        stopped.cancel();
        drained
    }

    /// What pages get on the port they send to.
    fn beside(&self) -> Router {
        let config = &self.config.sdk;
        if config.serve { sdk::routes(&config.path, self.sdk.clone()) } else { Router::new() }
    }

    fn telemetry(&self) -> Option<Telemetry> {
        let to = self.config.telemetry.as_ref()?;
        let started = Telemetry::start(to, &self.admin.metrics, &self.clock);
        started.inspect_err(|error| tracing::error!(%error, "metrics cannot be sent: see [telemetry]")).ok()
    }

    async fn drain(self, mut ingest: JoinSet<()>) -> Drained {
        let Self { config, clock, intake, admin, forwarding, threads, last_release, _lock, .. } = self;
        let ledger = admin.ledger.clone();
        let drained = shutdown::drain(&clock, config.shutdown, async {
            // Who holds a connection of HTTP/2 and says nothing does not hold up what is to be delivered.
            let all_end = async { while ingest.join_next().await.is_some() {} };
            _ = clock.within(config.shutdown / 2, all_end).await;
            // Nobody can send to the spool any more: its threads release and write what waits, and end.
            last_release.cancel();
            intake.close();
            let ended = move || threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count();
            let _ = tokio::task::spawn_blocking(ended).await;
            forwarding.drain().await;
        });
        let drained = drained.await;
        shutdown::tell(drained, &ledger.snapshot());
        drained
    }
}
