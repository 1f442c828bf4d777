//! The example shop and the collector, both on one origin: that of the proxy before them.

use std::net::SocketAddr;

use support::{
    clock::TestClock,
    collector::{Addresses, BROWSER_KEY, CollectorProcess, SERVER_KEY, Setting},
    page::Page,
    received::Received,
    shop::{PageKey, Settings, Shop, Time},
    sink::Sink,
};
use tempfile::TempDir;
use weft_proto::{Attribute, Batch, Event, Form, Value, digest, encode};

use super::proxy::{Behind, Proxy, Which, port};

/// Everything behind one origin.
pub(super) struct Front {
    pub(super) sink: Sink,
    address: SocketAddr,
    collector: Option<CollectorProcess>,
    setting: Setting,
    data: Option<TempDir>,
    _shop: Shop,
    _proxy: Proxy,
}

impl Front {
    pub(super) async fn start(which: Which) -> Self {
        let (sink, address, listen) = (Sink::start().await, port().await, Addresses::lasting().await);
        let settings = Settings {
            port: 0,
            page: PageKey { key: BROWSER_KEY.to_owned(), endpoint: "/api/telemetry".to_owned() },
            otlp_endpoint: listen.otlp_endpoint(),
            otlp_key: SERVER_KEY.to_owned(),
        };
        let shop = Shop::start(&settings, Time::Real).await;
        let site = shop.url().trim_start_matches("http://").replace("localhost", "127.0.0.1");
        let behind = Behind { collector: listen.ingest, site: site.parse().expect("the shop's address") };
        let proxy = Proxy::start(which, address, behind).await;
        let slow = format!(
            "[keys.slow]\nkind = \"browser\"\nkey = \"pk_slow\"\napplication = \"shop\"\nservice = \"slow\"\n\
             origins = [\"http://{address}\"]\nrequests_per_second = 1\nburst = 1\n"
        );
        let origin = format!("http://{address}");
        let setting =
            Setting { origin, sink: sink.endpoint(), listen: Some(listen), more: slow, ..Setting::default() };
        let mut front =
            Self { sink, address, collector: None, setting, data: None, _shop: shop, _proxy: proxy };
        front.start_collector().await;
        front
    }

    /// What stands in the address bar: the site's origin.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The way that pages go.
    pub(super) fn through(&self) -> Addresses {
        Addresses { ingest: self.address, ..self.collector() }
    }

    /// The collector itself.
    pub(super) fn collector(&self) -> Addresses {
        self.setting.listen.expect("it is said where it listens")
    }

    pub(super) async fn stop_collector(&mut self) {
        let (ended, data) = self.collector.take().expect("it runs").stop().await;
        assert!(ended.success, "{}", ended.said);
        self.data = Some(data);
    }

    /// Where it was, with what it had.
    pub(super) async fn start_collector(&mut self) {
        let data = self.data.take().unwrap_or_else(|| tempfile::tempdir().expect("a temporary directory"));
        self.collector = Some(CollectorProcess::start_with_data(&self.setting, data).await);
    }

    /// The end of every test: everything that arrived.
    pub(super) async fn end(mut self) -> Vec<Received> {
        self.stop_collector().await;
        self.sink.assert_nothing_odd();
        self.sink.spans()
    }
}

/// As large as batches get, and not compressed.
pub(super) fn large_batch() -> Vec<u8> {
    let mut batch = Batch::default();
    let (name, key) = (batch.strings.intern("large"), batch.strings.intern("app.text"));
    for number in 0..17 {
        let text: String =
            (0..15_000_u32).map(|at| char::from(b'a' + ((at * at + number) % 23) as u8)).collect();
        let value = Value::Text(batch.strings.intern(&text));
        batch.attributes.push(Attribute { key, value });
        let number = u64::from(number);
        let start_ns = TestClock::default().now_ms() as u64 * 1_000_000 + number;
        let at = number as u32;
        batch.events.push(Event { number, name, start_ns, attributes: at..at + 1, ..Event::default() });
    }
    let body = encode(&batch);
    Page::new(0x1a).request(Form::Plain, digest(&body), &body)
}
