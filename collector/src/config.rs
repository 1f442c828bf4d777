//! What the user set, checked. The only place that reads settings, the environment and files of secrets.
//!
//! A file is read section by section, and every mistake is noted with its path and what to change; serde would
//! stop at the first one. What comes out has no `Option` where there is a default.

mod check;
mod destination;
mod distinct;
mod explorer;
mod filter;
mod key;
mod link;
mod long;
mod network;
mod origin;
mod policy;
mod rates;
mod scrub;
mod sdk;
mod section;
mod tls;
mod token;

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

pub use destination::{
    Applications, CANARY, Compression, Destination, Destinations, EventsAs, From, Protocol,
};
pub use distinct::Distinct;
pub use explorer::Explorer;
pub(crate) use explorer::TRACE_ID;
pub use filter::{Comparison, Field, Filter, Is, Subject};
pub use key::{Key, KeyKind, Secret};
pub use link::{Linker, Rule, To};
pub use long::LongSpans;
pub use network::{Network, NoNetwork, Proxies, Say};
pub(crate) use network::{of_64_bits, plain};
pub use origin::Origin;
pub use policy::Policy;
pub use rates::{Rate, Rates};
pub use scrub::Scrub;
pub use sdk::ServedSdk;
pub use tls::Tls;
pub use token::{SignedBy, TokenKey, Tokens};

/// A whole deployment: one page, one backend, one destination.
pub const TEN_LINES: &str = r#"
[keys.shop-web]
kind = "browser"
key = "pk_demo_shop"
application = "shop"
service = "shop-web"
origins = ["http://localhost:3000"]
[keys.shop-api]
kind = "server"
key = "sk_demo_shop"
application = "shop"
[export.main]
endpoint = "http://127.0.0.1:9999"
"#;

/// The settings of a collector.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where pages and servers send to. Default 127.0.0.1:4318: OTLP's port, and only this machine until asked.
    pub listen: SocketAddr,
    /// What pages and servers are shown there.
    pub tls: Tls,
    /// Where operators look. Default 127.0.0.1:4319: this machine alone, unless there is a token.
    pub admin: SocketAddr,
    /// What operators present there. Needed where others than this machine can reach it.
    pub admin_token: Option<Secret>,
    /// Where the spool lives. Default `weft-data`, beside where the collector is started.
    pub data: PathBuf,
    /// Path for batches. Default `/api/telemetry`: a first-party path, which needs no CORS behind the page's own host.
    pub path: String,
    /// How much the collector says on stderr. Default `info`: what an operator may have to act on.
    pub log: tracing::Level,
    /// How long stopping may take. Default 10 s: a third of what orchestrators commonly wait before they kill.
    pub shutdown: Duration,
    /// Whether logs and metrics of servers are passed on as they come. Default true: one endpoint for an SDK.
    pub forward_other: bool,
    /// How often an event of the collector's own goes the whole way to every destination, as `weft.canary`. Default
    /// 60 s: a minute until an alert, and nobody's bill. Zero: never.
    pub canary: Duration,
    /// Bytes of memory above which requests are turned away. Default three quarters of what the machine, or its control
    /// group, has: the rest is for what is under way.
    pub memory_limit: u64,
    /// Everybody who may send.
    pub keys: Vec<Arc<Key>>,
    /// Everywhere that events go.
    pub destinations: Destinations,
    /// Where the collector's own metrics go as OTLP. Default nowhere: they are on `/metrics`.
    pub telemetry: Option<Telemetry>,
    /// Rules, and how events are linked by them.
    pub linker: Linker,
    /// Spans that are still open.
    pub long_spans: LongSpans,
    /// The SDK, as it is served.
    pub sdk: ServedSdk,
    /// What people see of recent sessions.
    pub explorer: Explorer,
    /// Bounds on requests.
    pub limits: Limits,
    /// How often who may send.
    pub rates: Rates,
    /// How many different things the pages of a key may say.
    pub distinct: Distinct,
    /// Bounds of the spool.
    pub spool: Spool,
    /// How far a device's clock may be off before its times are corrected. Default 5 s: less than anybody would read
    /// as an order of events. A clock that is behind is told apart from a slow upload only a minute later.
    pub max_skew: Duration,
}

/// An OTLP/HTTP receiver of the collector's own metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telemetry {
    /// URL before the path of metrics.
    pub base: String,
    /// Sent with every request.
    pub headers: Vec<(String, Secret)>,
    /// How often. Default 60 s: OpenTelemetry's own default.
    pub interval: Duration,
}

/// Bounds on what is read from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a batch as sent. Default and maximum: what the format allows (256 KiB).
    pub request_bytes: usize,
    /// Bytes of a batch inflated. Default and maximum: what the format allows (1 MiB).
    pub body_bytes: usize,
    /// Bytes of an OTLP request as sent. Default 4 MiB: eight times a full batch of a stock SDK, uncompressed.
    pub otlp_request_bytes: usize,
    /// Bytes of an OTLP request inflated. Default 8 MiB: decoded protobuf is far larger than its bytes, and several
    /// requests are decoded at once.
    pub otlp_body_bytes: usize,
    /// Bytes of page dictionaries: of bodies that pages have sent, kept in memory so that later ones can refer to them.
    /// Default 64 MiB: about a thousand pages that send now. 0: none, and pages send every batch whole.
    pub page_dictionaries_bytes: usize,
    /// Whom to believe whose requests they pass on.
    pub trusted_proxies: Proxies,
    /// What is taken out of what pages say before it is forwarded.
    pub scrub: Arc<Scrub>,
    /// Connections at once. Default 1024: at 256 KiB each, memory for bodies stays below what small machines have.
    pub connections: usize,
    /// Connections of one address at once. Default a quarter of all: browsers open six at most.
    pub connections_of_address: usize,
    /// Time for a request's head, also between requests. Default 30 s.
    pub head_time: Duration,
    /// Time for a request's body. Default 10 s: 60 KiB over a 2G connection.
    pub body_time: Duration,
    /// Time until a batch is durable. Default 10 s; body and answer together stay below an OTLP client's patience
    /// only when both are fast, so a client that gives up first sends again, and its copy is a counted duplicate.
    pub answer_time: Duration,
}

/// Bounds of what is kept on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spool {
    /// When a batch is acknowledged. Default fsync.
    pub durability: Durability,
    /// Bytes after which a new segment begins. Default 64 MiB: small enough to be deleted soon after delivery.
    pub segment_bytes: u64,
    /// Bytes of all segments. Default 4 GiB: days of outage for most, and no surprise on a small disk.
    pub max_bytes: u64,
    /// Bytes of the disk that are left to others, and to what the collector itself needs to go on delivering. Default
    /// 256 MiB, and never more than a twentieth of the disk.
    pub reserve_bytes: u64,
    /// Batches that may wait to be written. Default 1024: one group commit's worth of a busy machine.
    pub queue: usize,
    /// Bytes that may wait to be written. Default 64 MiB: sixteen groups, and little enough for a small machine.
    pub queue_bytes: usize,
    /// How long it is remembered which events of a page have come. Default 7 days: as long as the SDK tries again.
    pub dedupe_window: Duration,
    /// Pages whose event numbers are kept in memory; those of all others are on disk. Default 100 000: about 30 MB.
    pub pages: usize,
    /// Intervals of event numbers that are kept in memory. Default 500 000: about 16 MB. A page that loses no event
    /// needs one.
    pub pieces: usize,
}

/// What an acknowledgement means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The disk has it: nothing acknowledged is lost by a crash of the process, of the system, or of the power.
    Fsync,
    /// The operating system has it: nothing acknowledged is lost by a crash of the process; a crash of the system or
    /// of the power loses what the system had not written yet, on Linux commonly the last 30 seconds
    /// (`vm.dirty_expire_centisecs`).
    Os,
}

impl Spool {
    /// What is left free of a disk of `all` bytes: never more than a twentieth.
    pub(crate) fn reserve_of(&self, all: u64) -> u64 {
        self.reserve_bytes.min(all / 20)
    }

    /// What a destination may hold up, so that there is room for new segments whatever it does.
    pub(crate) fn most_for_a_destination(&self) -> u64 {
        self.max_bytes.saturating_sub(2 * self.segment_bytes)
    }
}

/// One thing to change in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `keys.shop.origins`.
    pub path: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// Everything that is wrong with a configuration, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn load(path: &std::path::Path) -> Result<Self, Mistakes> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Mistakes(vec![Mistake {
                path: path.display().to_string(),
                message: format!("cannot be read: {error}"),
            }])
        })?;
        Self::from_toml(&text)
    }

    /// Reads settings from text.
    ///
    /// # Errors
    /// Every mistake in it.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn from_toml(text: &str) -> Result<Self, Mistakes> {
        check::check(text, &|name| std::env::var(name).ok())
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.0 {
            writeln!(f, "{}: {}", mistake.path, mistake.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

#[cfg(test)]
mod tests;
