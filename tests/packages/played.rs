//! An app in a browser, with a gate and a collector behind it and the strict sink behind them.

use support::{
    browser::{Browser, Kind, Tab},
    collector::{Bound, Collector, Setting},
    gate::Gate,
    received::Received,
    sink::Sink,
};

use super::app::{App, Served};

pub(super) struct Played {
    pub(super) sink: Sink,
    pub(super) collector: Collector,
    pub(super) gate: Gate,
    pub(super) app: Served,
    pub(super) browser: Browser,
}

impl Played {
    pub(super) async fn start(app: &App, kind: Kind) -> Self {
        let (sink, bound) = (Sink::start().await, Bound::new().await);
        let gate = Gate::before(bound.addresses()).await;
        let app = app.serve(&gate.page_endpoint()).await;
        let setting = Setting { origin: app.url.clone(), sink: sink.endpoint(), ..Setting::default() };
        let collector = Collector::start(bound, &setting);
        Self { sink, collector, gate, app, browser: Browser::launch(kind).await }
    }

    /// A tab with a page of the app.
    pub(super) async fn open(&self, path: &str) -> Tab<'_> {
        let tab = self.browser.open_tab().await;
        tab.goto(&format!("{}{path}", self.app.url)).await;
        tab
    }

    /// The end of every test: everything that arrived.
    pub(super) async fn end(self) -> Vec<Received> {
        self.browser.quit().await;
        self.collector.stop().await;
        self.sink.assert_nothing_odd();
        self.sink.spans()
    }
}

/// Waits until everything the page recorded is acknowledged, and nothing was lost.
pub(super) async fn flush(tab: &Tab<'_>) {
    tab.wait_until("window.weft?.stats?.().recorded > 0").await;
    tab.wait_until("weft.flush(200)").await;
    let lost: u32 = tab.evaluate("weft.stats().errors + Object.keys(weft.stats().dropped).length").await;
    assert_eq!(lost, 0, "{}", tab.evaluate::<String>("JSON.stringify(weft.stats())").await);
}
