//! The collector under test: inside this process with a clock the test owns, or as the real program.

mod process;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU16, Ordering},
};

use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use weft_collector::{
    Listeners,
    clock::{Clock, OwnedClock},
    config::Config,
    shutdown::Drained,
};

pub use process::{CollectorProcess, Ended};

use crate::{page::ORIGIN, sink::Sink};

/// Browser key of the shop's page.
pub const BROWSER_KEY: &str = "pk_demo_shop";

/// Server key of the shop's backend.
pub const SERVER_KEY: &str = "sk_demo_shop";

/// What differs between the collectors of tests; the rest is what a small deployment would write.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Origin of the shop's page; several: with spaces between them.
    pub origin: String,
    /// Endpoint of the sink.
    pub sink: String,
    /// Where it listens. `None`: on free ports.
    pub listen: Option<Addresses>,
    /// Where its spool lives. `None`: in a directory that ends with the test.
    pub data: Option<PathBuf>,
    /// The file that a real program's stderr is added to. `None`: it is the test's own.
    pub log: Option<PathBuf>,
    /// Requests a second that the page's key may make, at once and on average. `None`: as many as by default.
    pub rate: Option<u32>,
    /// Lines of configuration before all tables.
    pub first: String,
    /// More lines of configuration: settings of the destination, then whole tables.
    pub more: String,
}

impl Setting {
    /// A collector before this destination, for pages of [`ORIGIN`].
    #[must_use]
    pub fn before(sink: &Sink) -> Self {
        Self { origin: ORIGIN.to_owned(), sink: sink.endpoint(), ..Self::default() }
    }

    /// With these lines of configuration instead of those it had.
    #[must_use]
    pub fn with(self, more: impl Into<String>) -> Self {
        Self { more: more.into(), ..self }
    }

    /// The configuration as a user would write it.
    #[must_use]
    pub fn toml(&self, data: &Path) -> String {
        let Self { origin, sink, listen, data: elsewhere, rate, first, more, .. } = self;
        let (rate, rates) = rate.map_or_else(Default::default, |rate| {
            (
                format!("requests_per_second = {rate}\nburst = {rate}"),
                format!("[rates]\npage_per_second = {rate}\nper_second = {rate}"),
            )
        });
        let data = elsewhere.as_deref().unwrap_or(data);
        let origins: Vec<_> = origin.split_whitespace().collect();
        let free = Addresses { ingest: ([127, 0, 0, 1], 0).into(), admin: ([127, 0, 0, 1], 0).into() };
        let Addresses { ingest, admin } = listen.unwrap_or(free);
        format!(
            r#"
listen = "{ingest}"
admin = "{admin}"
data = {data:?}
{first}
[keys.shop-web]
kind = "browser"
key = "{BROWSER_KEY}"
application = "shop"
service = "shop-web"
origins = {origins:?}
{rate}
[keys.shop-api]
kind = "server"
key = "{SERVER_KEY}"
application = "shop"
{rates}
[export.main]
endpoint = "{sink}"
linger_ms = 10
{more}
"#
        )
    }
}

/// Sockets before there is a collector behind them: whoever needs its address to start can start first.
pub struct Bound {
    ingest: TcpListener,
    admin: TcpListener,
}

impl Bound {
    /// Takes two free ports.
    pub async fn new() -> Self {
        let bind = || TcpListener::bind("127.0.0.1:0");
        Self { ingest: bind().await.expect("a free port"), admin: bind().await.expect("a free port") }
    }

    /// For a collector that somebody else starts.
    #[must_use]
    pub fn into_listeners(self) -> Listeners {
        Listeners { ingest: self.ingest, admin: self.admin }
    }

    /// Where the collector will be.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        let address =
            |listener: &TcpListener| listener.local_addr().expect("a bound listener has an address");
        Addresses { ingest: address(&self.ingest), admin: address(&self.admin) }
    }
}

/// Where a collector listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// For pages and servers.
    pub ingest: SocketAddr,
    /// For operators.
    pub admin: SocketAddr,
}

impl Addresses {
    /// Two ports that stay free between one collector and the next: below those that systems lend to connections.
    pub async fn lasting() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let first = 12_000 + u16::try_from(std::process::id() % 8_000).unwrap_or(0) * 2;
        let mut free = Vec::new();
        while free.len() < 2 {
            let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            if TcpListener::bind(address).await.is_ok() {
                free.push(address);
            }
        }
        Self { ingest: free[0], admin: free[1] }
    }

    /// What a page's `init` is given.
    #[must_use]
    pub fn page_endpoint(&self) -> String {
        format!("http://{}/api/telemetry", self.ingest)
    }

    /// What a server's OpenTelemetry is given.
    #[must_use]
    pub fn otlp_endpoint(&self) -> String {
        format!("http://{}", self.ingest)
    }

    /// An address on the admin port.
    #[must_use]
    pub fn admin_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.admin)
    }
}

/// A collector inside this process.
pub struct Collector {
    addresses: Addresses,
    clock: OwnedClock,
    stop: CancellationToken,
    task: JoinHandle<Drained>,
    data: TempDir,
}

impl Collector {
    /// Starts one on sockets that were bound before.
    ///
    /// # Panics
    /// If its configuration is refused.
    #[must_use]
    pub fn start(bound: Bound, setting: &Setting) -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        Self::start_with_data(bound, setting, data)
    }

    /// Starts one on what another left behind.
    ///
    /// # Panics
    /// If its configuration is refused.
    #[must_use]
    pub fn start_with_data(bound: Bound, setting: &Setting, data: TempDir) -> Self {
        let text = setting.toml(data.path());
        let config = Config::from_toml(&text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
        let addresses = bound.addresses();
        let (clock, owned) = Clock::owned();
        let stop = CancellationToken::new();
        let listeners = bound.into_listeners();
        let running = weft_collector::run(config, listeners, clock, stop.clone());
        let task = tokio::spawn(async move { running.await.expect("the collector runs") });
        Self { addresses, clock: owned, stop, task, data }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &OwnedClock {
        &self.clock
    }

    /// Stops it as an operator would, and waits; what it leaves behind.
    ///
    /// # Panics
    /// If it failed, or could not deliver everything in time.
    pub async fn stop(self) -> TempDir {
        self.stop.cancel();
        let drained = self.task.await.expect("the collector ends without a panic");
        assert_eq!(drained, Drained::InTime);
        self.data
    }
}
