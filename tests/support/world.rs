//! Everything the scenario needs, tied together: shop, collector, sink, browser, and one time for all.

use std::time::Duration;

use crate::{
    browser::{Browser, Kind},
    clock::{Device, TestClock},
    collector::{BROWSER_KEY, Bound, Collector, SERVER_KEY, Setting},
    received::Received,
    shop::{PageKey, Settings, Shop, Time},
    sink::Sink,
};

/// The scenario's neighbours, all real but the sink.
pub struct World {
    /// What time it is.
    pub clock: TestClock,
    /// Where everything ends up.
    pub sink: Sink,
    /// The collector.
    pub collector: Collector,
    /// The shop's backend, which also serves its page.
    pub shop: Shop,
    /// A person's browser.
    pub browser: Browser,
}

/// Whose clocks follow when time is moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Everybody's.
    Everything,
    /// All but the collector's: to it, the browser's clock is wrong.
    AllButCollector,
}

impl World {
    /// Starts everything, with this browser.
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, "").await
    }

    /// As [`Self::start`], with more settings of the collector.
    pub async fn start_with(kind: Kind, more: &str) -> Self {
        let sink = Sink::start().await;
        let bound = Bound::new().await;
        let addresses = bound.addresses();
        let settings = Settings {
            port: 0,
            page: PageKey { key: BROWSER_KEY.to_owned(), endpoint: addresses.page_endpoint() },
            otlp_endpoint: addresses.otlp_endpoint(),
            otlp_key: SERVER_KEY.to_owned(),
        };
        let shop = Shop::start(&settings, Time::Movable).await;
        let setting = Setting { origin: shop.url().to_owned(), sink: sink.endpoint(), ..Setting::default() };
        let setting = setting.with(more);
        let collector = Collector::start(bound, &setting);
        Self { clock: TestClock::default(), sink, collector, shop, browser: Browser::launch(kind).await }
    }

    /// Moves time on for everybody at once.
    pub async fn pass(&self, time: Duration, device: Device, moves: Moves) {
        self.clock.advance(time);
        self.browser.shift(time, device).await;
        self.shop.shift(time, device).await;
        if moves == Moves::Everything {
            let ms = i64::try_from(time.as_millis()).expect("a test does not wait for half a billion years");
            self.collector.clock().advance_ms(ms);
        }
    }

    /// The end of every test: the browser quits, the collector drains, the sink is asked.
    /// Returns everything that arrived from beginning to end.
    pub async fn end(self) -> Vec<Received> {
        self.browser.quit().await;
        self.collector.stop().await;
        self.sink.assert_nothing_odd();
        self.sink.spans()
    }
}
