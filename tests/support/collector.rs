//! The collector under test: inside this process with a clock the test owns, or as the real program.

mod process;

use std::{net::SocketAddr, path::Path};

use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use weft_collector::{
    Listeners,
    clock::{Clock, OwnedClock},
    config::Config,
    shutdown::Drained,
};

pub use process::CollectorProcess;

/// Browser key of the shop's page.
pub const BROWSER_KEY: &str = "pk_demo_shop";

/// Server key of the shop's backend.
pub const SERVER_KEY: &str = "sk_demo_shop";

/// What differs between the collectors of tests; the rest is what a small deployment would write.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Origin of the shop's page.
    pub origin: String,
    /// Endpoint of the sink.
    pub sink: String,
    /// More lines of configuration: settings of the destination, then whole tables.
    pub more: String,
}

impl Setting {
    /// The configuration as a user would write it.
    #[must_use]
    pub fn toml(&self, data: &Path) -> String {
        let Self { origin, sink, more } = self;
        format!(
            r#"
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
data = {data:?}
[keys.shop-web]
kind = "browser"
key = "{BROWSER_KEY}"
application = "shop"
service = "shop-web"
origins = ["{origin}"]
[keys.shop-api]
kind = "server"
key = "{SERVER_KEY}"
application = "shop"
[export.main]
endpoint = "{sink}"
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
        let listeners = Listeners { ingest: bound.ingest, admin: bound.admin };
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
