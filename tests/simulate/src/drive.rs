//! A history through the real collector into a real sink, in virtual time: a day takes as long as its requests take.

use std::{collections::VecDeque, path::Path, sync::Arc, time::Duration};

use support::{
    collector::{Addresses, Bound},
    ledger::Ledger,
    metrics::Metrics,
    page::ORIGIN,
    received::Received,
    sink::Sink,
};
use tokio_util::sync::CancellationToken;
use weft_collector::{
    Listeners,
    clock::{Clock, OwnedClock},
    config::Config,
    shutdown::Drained,
};
use weft_proto::SpanId;

use crate::{
    history::{BEGAN_MS, Body, Delivery, History},
    sender::Sender,
};

/// How long an event that a rule looks at waits: as by default.
pub const WAIT_MS: u64 = 10_000;

/// How long the destination has for an answer: as long as may be set.
const TIMEOUT_MS: u64 = 300_000;

/// For what comes at once where anything comes at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keys of pages and servers of one application, and a rule beside those that are built in. Durability of the system's,
/// because nobody cuts its power; and requests as fast as they come, because time stands still between them.
const SETTINGS: &str = r#"
canary_seconds = 0
[spool]
durability = "os"
[[link]]
name = "cart"
by = ["cart.id"]
within = "60d"
[keys.shop-web]
kind = "browser"
key = "pk_shop"
application = "shop"
service = "shop-web"
requests_per_second = 1000000000
[keys.shop-api]
kind = "server"
key = "sk_shop"
application = "shop"
requests_per_second = 1000000000
"#;

/// What came of a history.
pub struct Came {
    /// Everything that is at the destination.
    pub spans: Vec<Received>,
    /// Requests that were acknowledged.
    pub requests: u64,
    /// Events that they brought, copies included.
    pub events: u64,
    /// Of these, how many the collector says it had already.
    pub duplicates: u64,
    /// Bytes of the link index on the disk at the end.
    pub links_bytes: u64,
    /// Days that passed.
    pub days: f64,
}

/// Sends everything at its time.
///
/// # Panics
/// If the collector refuses anything, its ledger does not balance, or something comes twice or odd.
pub async fn drive(history: &History) -> Came {
    let (sink, bound) = (Sink::start().await, Bound::new().await);
    let data = tempfile::tempdir().expect("a temporary directory");
    let (clock, owner) = Clock::still(BEGAN_MS);
    let to = bound.addresses();
    let (listeners, stop) = (bound.into_listeners(), CancellationToken::new());
    let running = run(config(&sink, data.path()), listeners, clock, &stop);
    let mut way = Way { owner, sink: &sink, to, now: BEGAN_MS, quiet: BEGAN_MS, due: VecDeque::new() };
    let sender = Sender::new(to);
    let mut events = 0;
    for delivery in &history.deliveries {
        way.until(delivery.at_ms).await;
        sender.send(&request(delivery)).await;
        way.came(delivery);
        events += delivery.events.len() as u64;
    }
    way.until(way.now + WAIT_MS + 1).await;
    let days = (way.now - BEGAN_MS) as f64 / crate::network::DAY as f64;
    let duplicates = books(to, history, events).await;
    stop.cancel();
    assert_eq!(running.await.expect("the collector ends without a panic"), Drained::InTime);
    sink.assert_nothing_odd();
    assert_eq!(sink.duplicates(), 0, "each comes once");
    let (spans, links_bytes) = (sink.spans(), bytes_below(&data.path().join("links")));
    let requests = history.deliveries.len() as u64;
    Came { spans, requests, events, duplicates, links_bytes, days }
}

/// Time, and what should be at the destination by when.
struct Way<'a> {
    owner: OwnedClock,
    sink: &'a Sink,
    to: Addresses,
    now: u64,
    /// When nothing was last under way to the destination.
    quiet: u64,
    due: VecDeque<(u64, Arc<[SpanId]>)>,
}

impl Way<'_> {
    /// Lets time pass until then. Whatever has waited long enough by then has left before anything else can come: else it
    /// would be chance what it knew of.
    async fn until(&mut self, at_ms: u64) {
        if at_ms - self.quiet >= TIMEOUT_MS {
            // Else a request that is under way would take too long, by that clock.
            only_waiting(self.to).await;
            self.quiet = self.now;
        }
        self.owner.pass(Duration::from_millis(at_ms.saturating_sub(self.now)));
        self.now = self.now.max(at_ms);
        let mut left = Vec::new();
        while let Some((_, events)) = self.due.pop_front_if(|(due, _)| *due <= at_ms) {
            left.extend(events.iter().copied());
        }
        let arrived = tokio::time::timeout(PATIENCE, self.sink.wait_until_has(&left)).await;
        assert!(arrived.is_ok(), "{:?} should have left by now", self.sink.missing(&left));
    }

    fn came(&mut self, delivery: &Delivery) {
        self.due.push_back((delivery.at_ms + WAIT_MS, Arc::clone(&delivery.events)));
    }
}

/// Until nothing is under way but what waits for its links.
async fn only_waiting(to: Addresses) {
    let settles = async {
        loop {
            let metrics = Metrics::of(to).await;
            if metrics.sum("weft_destination_events_pending") == metrics.sum("weft_linker_waiting_events") {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, settles).await.is_ok(), "something stays under way");
}

/// A request on its way to the collector: which door, and what.
fn request(delivery: &Delivery) -> crate::sender::Request {
    match &delivery.body {
        Body::Sealed(sealed) => crate::sender::Request::of_page("pk_shop", sealed.request(delivery.sent_ms)),
        Body::Otlp(body) => crate::sender::Request::of_server("sk_shop", body.to_vec()),
    }
}

fn run(
    config: Config,
    listeners: Listeners,
    clock: Clock,
    stop: &CancellationToken,
) -> tokio::task::JoinHandle<Drained> {
    let running = weft_collector::run(config, listeners, clock, stop.clone());
    tokio::spawn(async move { running.await.expect("the collector runs") })
}

fn config(sink: &Sink, data: &Path) -> Config {
    let text = format!(
        "data = {data:?}\n{SETTINGS}[export.main]\nendpoint = \"{}\"\nlinger_ms = 0\ntimeout_seconds = 300\n[linker]\nwait_ms = {WAIT_MS}\n",
        sink.endpoint()
    )
    .replace("service = \"shop-web\"\n", &format!("service = \"shop-web\"\norigins = [{ORIGIN:?}]\n"));
    Config::from_toml(&text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

/// Asserts that the ledger balances, and that everything which arrived was delivered. Gives how many were duplicates.
async fn books(to: Addresses, history: &History, events: u64) -> u64 {
    let ledger = Ledger::settled(to, PATIENCE).await;
    let arrived = history.truth.facts.values().filter(|fact| fact.arrived_ms.is_some()).count() as u64;
    assert_eq!(ledger.of_all_keys("received"), events, "every event is received");
    assert_eq!(ledger.of_all_keys("accepted"), arrived, "every distinct event is accepted");
    assert_eq!(ledger.at("main", "delivered"), arrived, "every event is delivered");
    events - arrived
}

/// Bytes of all files below a directory.
#[must_use]
pub fn bytes_below(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_below(&entry.path()),
        Ok(about) => about.len(),
        // It was deleted meanwhile.
        Err(_) => 0,
    };
    entries.map(size).sum()
}
