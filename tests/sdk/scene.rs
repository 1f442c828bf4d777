//! Where these tests play: a website, another origin, a gate before the collector, and the strict sink.

use std::time::Duration;

use support::{
    browser::{Browser, Kind, Manner, Tab},
    clock::Device,
    collector::{BROWSER_KEY, Bound, Collector, Setting},
    elsewhere::Elsewhere,
    gate::{Gate, Role},
    received::Received,
    sink::Sink,
    site::Site,
    stats::Stats,
};

pub(super) struct Scene {
    pub(super) sink: Sink,
    pub(super) collector: Collector,
    pub(super) gate: Gate,
    pub(super) site: Site,
    pub(super) elsewhere: Elsewhere,
    pub(super) browser: Browser,
}

impl Scene {
    pub(super) async fn start(kind: Kind) -> Self {
        Self::start_as(kind, Manner::Usual).await
    }

    /// With these tables in the settings of the collector.
    pub(super) async fn start_with(kind: Kind, more: &str) -> Self {
        Self::begin(kind, Manner::Usual, more).await
    }

    /// With a browser that is used like this.
    pub(super) async fn start_as(kind: Kind, manner: Manner) -> Self {
        Self::begin(kind, manner, "").await
    }

    async fn begin(kind: Kind, manner: Manner, more: &str) -> Self {
        let (sink, elsewhere) = (Sink::start().await, Elsewhere::start().await);
        let site = Site::start(format!("{}/landed", elsewhere.url())).await;
        let origin = format!("{} {}", site.url(), site.url_by_name());
        let setting = Setting { origin, sink: sink.endpoint(), more: more.to_owned(), ..Setting::default() };
        let collector = Collector::start(Bound::new().await, &setting);
        let gate = Gate::before(collector.addresses()).await;
        Self { sink, collector, gate, site, elsewhere, browser: Browser::launch_as(kind, manner).await }
    }

    /// The browser is started again, three minutes later: long enough for its pages to be taken for gone. A tab with a
    /// page that records, and the collector in reach.
    pub(super) async fn come_back(&self) -> Tab<'_> {
        self.gate.play(Role::Open);
        self.browser.start_again().await;
        self.pass(Duration::from_secs(180), Device::Awake).await;
        self.open_recording("/page/again").await
    }

    /// Time passes for the browser and the collector.
    pub(super) async fn pass(&self, time: Duration, device: Device) {
        self.browser.shift(time, device).await;
        let ms = i64::try_from(time.as_millis()).expect("a test does not wait for half a billion years");
        self.collector.clock().advance_ms(ms);
    }

    /// A tab with a page that knows nothing of weft.
    pub(super) async fn open(&self, path: &str) -> Tab<'_> {
        let tab = self.browser.open_tab().await;
        tab.goto(&format!("{}{path}", self.site.url())).await;
        tab
    }

    /// A tab with a page that records, and whose page load is acknowledged: everything is ready.
    pub(super) async fn open_recording(&self, path: &str) -> Tab<'_> {
        let tab = self.open(path).await;
        self.record(&tab, "").await;
        tab
    }

    /// Makes a page record, and waits until its page load is acknowledged.
    pub(super) async fn record(&self, tab: &Tab<'_>, options: &str) {
        tab.evaluate::<()>(&format!("(async () => {{ {IMPORT}; {}; }})()", self.init(options))).await;
        flush(tab).await;
    }

    /// A tab with a page that records everything, and whose page load is acknowledged.
    pub(super) async fn open_recording_fully(&self, path: &str) -> Tab<'_> {
        let tab = self.open(path).await;
        self.record_fully(&tab, "").await;
        tab
    }

    /// As `record`, with everything that can be captured.
    pub(super) async fn record_fully(&self, tab: &Tab<'_>, options: &str) {
        tab.evaluate::<()>(&format!("(async () => {{ {IMPORT_FULL}; {}; }})()", self.init(options))).await;
        flush(tab).await;
    }

    /// The page's one line; `options` are more of them, each with its comma.
    pub(super) fn init(&self, options: &str) -> String {
        let endpoint = self.gate.page_endpoint();
        format!("weft.init({{ {options} key: '{BROWSER_KEY}', endpoint: '{endpoint}' }})")
    }

    /// The end of every test: everything that arrived. Each page that had something to say has said it.
    pub(super) async fn end(self) -> Vec<Received> {
        self.browser.quit().await;
        self.collector.stop().await;
        self.sink.assert_nothing_odd();
        self.sink.spans()
    }
}

/// Makes the SDK the page's `weft`.
pub(super) const IMPORT: &str = "window.weft = await import('/weft/index.js')";

/// The same, with everything that can be captured.
pub(super) const IMPORT_FULL: &str = "window.weft = await import('/weft/full.js')";

/// Waits until everything the page recorded is acknowledged or given up.
pub(super) async fn flush(tab: &Tab<'_>) -> Stats {
    tab.wait_until("weft.stats().recorded > 0").await;
    let flushed: bool = tab
        .evaluate(
            "(async () => {
                for (let tries = 0; tries < 100; tries++) if (await weft.flush(200)) return true;
                return false;
            })()",
        )
        .await;
    let stats = Stats::of(tab).await;
    assert!(flushed, "not acknowledged: {stats:?}");
    stats
}

/// How many of the spans have this name.
pub(crate) fn named(spans: &[Received], name: &str) -> usize {
    spans.iter().filter(|span| span.name() == name).count()
}

/// Those of the spans that have this name.
pub(crate) fn all_named<'a>(spans: &'a [Received], name: &str) -> Vec<&'a Received> {
    spans.iter().filter(|span| span.name() == name).collect()
}

/// The one of the spans that has this name.
pub(crate) fn one_named<'a>(spans: &'a [Received], name: &str) -> &'a Received {
    let all = all_named(spans, name);
    let [one] = all[..] else { panic!("{} of {name}: {:#?}", all.len(), names(spans)) };
    one
}

/// What arrived, for whoever reads a failure.
pub(crate) fn names(spans: &[Received]) -> Vec<&str> {
    spans.iter().map(Received::name).collect()
}

pub(crate) const LOAD: &str = "browser.navigation_timing";
pub(crate) const CLICK: &str = "browser.user_action.click";
