//! A collector with rules, a destination, and whatever happens in tabs and on servers before them.

use std::time::Duration;

use hyper::Method;
use support::{
    collector::{Addresses, BROWSER_KEY, Bound, Collector, SERVER_KEY, Setting},
    http::send,
    ledger::Ledger,
    metrics::Metrics,
    page::{ORIGIN, post_as},
    received::{Linked, Received},
    sink::Sink,
    story::{Id, Served, Story, Tab, post_spans, spans_request},
};

/// Milliseconds to wait: more than any test takes.
pub(crate) const FOREVER: u64 = 3_600_000;

/// Milliseconds to wait, where a test is about what comes after.
pub(crate) const A_MOMENT: u64 = 100;

/// Links what has the same cart, each to the one before.
pub(crate) const CART: &str = "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\nto = \"previous\"\n";

/// Settings of a linker that waits so long, and rules.
pub(crate) fn linker(wait_ms: u64, rules: &str) -> String {
    format!("[linker]\nwait_ms = {wait_ms}\n{rules}")
}

/// A second browser key, which belongs to this application.
pub(crate) fn browser_key(key: &str, application: &str) -> String {
    format!(
        "[keys.{key}]\nkind = \"browser\"\nkey = \"{key}\"\napplication = \"{application}\"\nservice = \"{key}\"\n\
         origins = [\"{ORIGIN}\"]\n"
    )
}

/// A second server key, which belongs to this application.
pub(crate) fn server_key(key: &str, application: &str) -> String {
    format!("[keys.{key}]\nkind = \"server\"\nkey = \"{key}\"\napplication = \"{application}\"\n")
}

/// Everybody who takes part.
pub(crate) struct Scene {
    pub(crate) story: Story,
    pub(crate) sink: Sink,
    collector: Collector,
}

impl Scene {
    pub(crate) async fn set(settings: &str) -> Self {
        let sink = Sink::start().await;
        let collector = Collector::start(Bound::new().await, &Setting::before(&sink).with(settings));
        Self { story: Story::begin(), sink, collector }
    }

    pub(crate) fn to(&self) -> Addresses {
        self.collector.addresses()
    }

    /// A tab sends what it has not sent yet.
    pub(crate) async fn send(&self, tab: &mut Tab) {
        self.send_as(BROWSER_KEY, tab).await;
    }

    pub(crate) async fn send_as(&self, key: &str, tab: &mut Tab) {
        let answer = post_as(self.to(), key, ORIGIN, tab.unsent()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// A server sends these in one request.
    pub(crate) async fn send_spans<const N: usize>(&self, spans: [&Served; N]) {
        post_spans(self.to(), SERVER_KEY, spans_request(spans)).await;
    }

    /// Waits until these are at the destination.
    pub(crate) async fn arrival_of<const N: usize>(&self, ids: [&Id; N]) -> Arrived {
        arrival_of(&self.sink, ids).await
    }

    /// Waits until nothing is under way but what waits for its links, which are so many.
    pub(crate) async fn until_only_waiting(&self, events: u64) {
        only_waiting(self.to(), events).await;
    }

    /// Waits until all of so many are at the destination but those that wait for their links; who is there.
    pub(crate) async fn until_all_but_the_waiting_came(&self, events: usize) -> Arrived {
        let mut waiting = 0;
        let settles = async {
            while waiting + self.sink.spans().len() != events {
                tokio::task::yield_now().await;
                waiting =
                    usize::try_from(self.metrics().await.sum("linker_waiting_events")).expect("a count");
            }
        };
        let settled = tokio::time::timeout(Duration::from_secs(30), settles).await.is_ok();
        assert!(settled, "{waiting} wait, and {} of {events} came", self.sink.spans().len());
        self.until_only_waiting(waiting as u64).await;
        Arrived(self.sink.spans())
    }

    /// Everything that waits is let go, as before the machine goes.
    pub(crate) async fn drain_waiting(&self) {
        let url = self.to().admin_url("/api/drain");
        let answer = send(Method::POST, &url, &[("weft-drain", "1")], Vec::new()).await;
        assert_eq!(answer.status, 202);
        only_waiting(self.to(), 0).await;
    }

    /// Waits until a metric has come to this: what is counted is counted after it has left.
    pub(crate) async fn until_metric(&self, name: &str, value: u64) {
        let mut last = 0;
        let comes = async {
            while last != value {
                tokio::task::yield_now().await;
                last = self.metrics().await.sum(name);
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(30), comes).await.is_ok();
        assert!(came, "{name} is {last}, not {value}");
    }

    pub(crate) async fn metrics(&self) -> Metrics {
        Metrics::of(self.to()).await
    }

    /// The end of a test: what still waits is let go; everything has come once, and nothing is odd.
    pub(crate) async fn end(self) -> Arrived {
        self.collector.stop().await;
        self.sink.assert_nothing_odd();
        assert_eq!(self.sink.duplicates(), 0, "each comes once");
        Arrived(self.sink.spans())
    }
}

/// Waits until these are at a destination.
pub(crate) async fn arrival_of<const N: usize>(sink: &Sink, ids: [&Id; N]) -> Arrived {
    let has = |spans: &[Received], id: &Id| spans.iter().any(|span| id.is(span));
    Arrived(sink.wait_for("what was sent", |spans| ids.iter().all(|id| has(spans, id))).await)
}

/// Waits until nothing is under way but what waits for its links, which are so many.
pub(crate) async fn only_waiting(to: Addresses, events: u64) {
    let mut last = (0, 0);
    let settles = async {
        while last != (events, events) {
            tokio::task::yield_now().await;
            let ledger = Ledger::of(to).await;
            ledger.assert_balances();
            let came = ["main", "other"]
                .into_iter()
                .filter(|name| ledger.at(name, "accepted") + ledger.at(name, "recovered") > 0);
            let most = came.map(|name| ledger.at(name, "pending")).max();
            last = (most.unwrap_or(0), Metrics::of(to).await.sum("linker_waiting_events"));
        }
    };
    let settled = tokio::time::timeout(Duration::from_secs(30), settles).await.is_ok();
    assert!(settled, "{events} should wait, but (pending, waiting for links) are {last:?}");
}

/// What came to a destination.
pub(crate) struct Arrived(Vec<Received>);

impl Arrived {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn has(&self, id: &Id) -> bool {
        self.0.iter().any(|span| id.is(span))
    }

    pub(crate) fn span(&self, id: &Id) -> &Received {
        self.0.iter().find(|span| id.is(span)).unwrap_or_else(|| panic!("{id:?} has not come"))
    }

    /// All links of one that came, by their targets.
    pub(crate) fn links(&self, id: &Id) -> Vec<Linked> {
        let mut links = self.span(id).links();
        links.sort_by(|one, other| one.span_id.cmp(&other.span_id));
        links
    }

    /// Links of one that came that were inferred, by their targets.
    pub(crate) fn inferred(&self, id: &Id) -> Vec<Linked> {
        self.links(id).into_iter().filter(|link| link.inferred).collect()
    }
}
