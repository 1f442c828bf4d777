//! A collector put together, serving until told to stop.

use std::{fs::File, io, net::SocketAddr, sync::Arc, thread::JoinHandle};

use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{self, Admin},
    clock::Clock,
    config::Config,
    http,
    ledger::Ledger,
    metrics::{Meters, Metrics},
    pipeline::{
        self, Intake,
        admit::Gate,
        export::{Around, Way},
        spool::{self, OpenError, Opened, With},
    },
    sessions::Sessions,
    shutdown::{self, Drained},
};

/// Sockets already bound, so that whoever asked for port 0 knows the port before anything runs.
#[derive(Debug)]
pub struct Listeners {
    /// For pages and servers.
    pub ingest: TcpListener,
    /// For operators.
    pub admin: TcpListener,
}

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
    /// There is nothing to send with.
    #[error("{0}; check `ca_file` and `endpoint`")]
    Client(String),
}

impl Listeners {
    /// Binds the addresses of `config`.
    ///
    /// # Errors
    /// [`StartError::Listen`], naming the setting to change.
    pub async fn bind(config: &Config) -> Result<Self, StartError> {
        let bind = async |setting, address| {
            TcpListener::bind(address).await.map_err(|error| StartError::Listen { setting, address, error })
        };
        Ok(Self { ingest: bind("listen", config.listen).await?, admin: bind("admin", config.admin).await? })
    }

    /// Where both are.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.ingest.local_addr()?, self.admin.local_addr()?))
    }
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
    Ok(Collector::build(config, clock)?.serve(listeners, shutdown).await)
}

/// A collector with its spool open, not serving yet.
pub struct Collector {
    config: Config,
    clock: Clock,
    intake: Arc<Intake>,
    admin: Arc<Admin>,
    ways: Vec<Way>,
    threads: Vec<JoinHandle<()>>,
    draining: CancellationToken,
    _lock: Arc<File>,
}

impl Collector {
    /// Opens the spool and puts everything together.
    ///
    /// # Errors
    /// If the spool cannot be opened.
    pub fn build(config: Config, clock: Clock) -> Result<Self, StartError> {
        let ledger = Ledger::new(Arc::new(config.destinations.clone()));
        let sessions = Sessions::default();
        let meters = Arc::new(Meters::new(&config));
        let Opened { spool, segments, threads, lock } = spool::open(With {
            config: &config,
            clock: &clock,
            ledger: &ledger,
            sessions: &sessions,
            meters: &meters,
        })?;
        let draining = CancellationToken::new();
        let mut ways = Vec::new();
        for to in &config.destinations.0 {
            let Some(meters) = meters.destinations.get(&to.name) else { continue };
            let around = Around { segments: &segments, ledger: &ledger, clock: &clock, data: &config.data };
            let way = Way::new(to, &around, Arc::clone(meters), draining.clone());
            ways.push(way.map_err(|error| StartError::Client(error.to_string()))?);
        }
        let metrics = Metrics::new(&ledger, &segments, &meters, &clock);
        let intake = Intake::new(&config, Gate::new(&config, &clock), spool, ledger.clone());
        let admin = Admin { ledger, sessions, segments, metrics, max_bytes: config.spool.max_bytes };
        Ok(Self {
            intake: Arc::new(intake),
            admin: Arc::new(admin),
            ways,
            threads,
            draining,
            _lock: lock,
            config,
            clock,
        })
    }

    /// Serves until `shutdown`, then drains: requests under way, the spool, and what destinations still take.
    pub async fn serve(self, listeners: Listeners, shutdown: CancellationToken) -> Drained {
        let Self { config, clock, intake, admin, ways, threads, draining, _lock } = self;
        let stopped = CancellationToken::new();
        let serve = |listener, router, stop: &CancellationToken| {
            http::serve(listener, router, config.limits.clone(), clock.clone(), stop.clone())
        };
        let mut ingest = JoinSet::new();
        ingest.spawn(serve(listeners.ingest, http::ingest(intake), &shutdown));
        let mut forwarding = JoinSet::new();
        for way in ways {
            forwarding.spawn(pipeline::forward(way, config.limits.clone()));
        }
        // The admin port answers while the rest drains: that is when somebody looks.
        let ledger = admin.ledger.clone();
        let mut looking = JoinSet::new();
        looking.spawn(serve(listeners.admin, admin::routes(admin), &stopped));
        shutdown.cancelled().await;
        let drained = shutdown::drain(&clock, config.shutdown, async {
            while ingest.join_next().await.is_some() {}
            // Nobody can send to the spool any more: its threads write what waits, and end.
            let ended = move || threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count();
            let _ = tokio::task::spawn_blocking(ended).await;
            draining.cancel();
            while forwarding.join_next().await.is_some() {}
        });
        let drained = drained.await;
        shutdown::tell(drained, &ledger.snapshot());
        stopped.cancel();
        drained
    }
}
