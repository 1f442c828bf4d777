//! A collector in this process, a page that posts to it and a sink it exports to.

mod sink;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use weft_collector::{Listeners, clock::Clock, config::Config, run, shutdown::Drained};
use weft_proto::{Ack, Batch, Event, Head, Ids, Seed, Session, seal};

pub(crate) use self::sink::{Answer, Sink};

/// Origin that the browser key allows.
pub(crate) const ORIGIN: &str = "http://localhost:3000";

/// What waiting for something that never happens takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running collector.
pub(crate) struct Weft {
    pub(crate) ingest: String,
    pub(crate) admin: String,
    pub(crate) http: reqwest::Client,
    stop: CancellationToken,
    task: JoinHandle<Drained>,
    data: TempDir,
}

impl Weft {
    /// Starts one that exports to `sinks`, named a, b, and so on; `more` is put before the tables of the settings.
    pub(crate) async fn start(sinks: &[&Sink], more: &str) -> Self {
        Self::start_in(TempDir::new().unwrap(), sinks, more).await
    }

    /// The same, with `tables` behind those of the settings.
    pub(crate) async fn start_with(sinks: &[&Sink], more: &str, tables: &str) -> Self {
        Self::run(Clock::system(), TempDir::new().unwrap(), sinks, more, tables).await
    }

    /// Starts one on what another left behind.
    pub(crate) async fn start_in(data: TempDir, sinks: &[&Sink], more: &str) -> Self {
        Self::start_at(Clock::system(), data, sinks, more).await
    }

    /// Starts one with a clock that somebody may own.
    pub(crate) async fn start_at(clock: Clock, data: TempDir, sinks: &[&Sink], more: &str) -> Self {
        Self::run(clock, data, sinks, more, "").await
    }

    async fn run(clock: Clock, data: TempDir, sinks: &[&Sink], more: &str, tables: &str) -> Self {
        let mut text =
            format!("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndata = {:?}\n{more}\n", data.path());
        let (keys, _) = weft_collector::config::TEN_LINES.split_once("[export.main]").unwrap();
        text.push_str(keys);
        for (name, sink) in ["a", "b"].iter().zip(sinks) {
            text.push_str(&format!("[export.{name}]\nendpoint = \"{}\"\nfrom = \"oldest\"\n", sink.url));
        }
        text.push_str(tables);
        let config = Config::from_toml(&text).unwrap();
        let listeners = Listeners::bind(&config).await.unwrap();
        let (ingest, admin) = listeners.addresses().unwrap();
        let stop = CancellationToken::new();
        let running = run(config, listeners, clock, stop.clone());
        let task = tokio::spawn(async move { running.await.unwrap() });
        let (ingest, admin) = (format!("http://{ingest}"), format!("http://{admin}"));
        Self { ingest, admin, http: client(), stop, task, data }
    }

    /// Posts to the path for batches as a page of [`ORIGIN`] with the browser key.
    pub(crate) fn page(&self) -> reqwest::RequestBuilder {
        self.http.post(format!("{}/api/telemetry?key=pk_demo_shop", self.ingest)).header("origin", ORIGIN)
    }

    /// Posts OTLP with the server key.
    pub(crate) fn server(&self) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}/v1/traces", self.ingest));
        request
            .header("authorization", "Bearer sk_demo_shop")
            .header("content-type", "application/x-protobuf")
    }

    /// Posts a batch, which must be acknowledged.
    pub(crate) async fn acknowledged(&self, batch: Vec<u8>) {
        let (head, _) = Head::read(&batch).unwrap();
        let answer = self.page().body(batch.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
        assert!(!answer.headers().contains_key("weft-refused"));
        let ack = Ack::decode(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!((ack.digest, ack.number), (head.digest, head.number));
    }

    /// Something on the admin port.
    pub(crate) async fn admin(&self, path: &str) -> (StatusCode, String) {
        let answer = self.http.get(format!("{}{path}", self.admin)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// A number in the ledger, 0 if there is none. The whole ledger must balance.
    pub(crate) async fn count(&self, pointer: &str) -> u64 {
        let (_, text) = self.admin("/api/ledger").await;
        let ledger: Json = serde_json::from_str(&text).unwrap();
        assert_balances(&ledger);
        ledger.pointer(pointer).and_then(Json::as_u64).unwrap_or(0)
    }

    /// Where its disk is.
    pub(crate) fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Stops it and keeps its disk.
    pub(crate) async fn stop(self) -> (TempDir, Drained) {
        drop(self.http);
        self.stop.cancel();
        (self.data, self.task.await.unwrap())
    }
}

pub(crate) fn assert_balances(ledger: &Json) {
    let number = |of: &Json, name: &str| of[name].as_u64().unwrap();
    let sum = |of: &Json| of.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>();
    for (key, page) in ledger["keys"].as_object().unwrap() {
        let decided = number(page, "accepted") + sum(&page["refused"]) + number(page, "in_flight");
        assert_eq!(number(page, "received"), decided, "{key}: {page:#}");
        for (name, fates) in page["destinations"].as_object().unwrap() {
            let came = ["recovered", "accepted"].map(|from| number(fates, from));
            let came = came.iter().sum::<u64>() + sum(&fates["made_here"]);
            let went = ["delivered", "rejected_by_destination", "pending"].map(|fate| number(fates, fate));
            let went = went.iter().sum::<u64>() + sum(&fates["dropped"]);
            assert_eq!(came, went, "{key} at {name}: {page:#}");
        }
    }
}

/// Speaks HTTP without TLS and proxies.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A page's seed and what it would post.
pub(crate) struct Page(pub(crate) Seed);

impl Page {
    /// A batch with these event numbers.
    pub(crate) fn batch(&self, numbers: std::ops::Range<u64>) -> Vec<u8> {
        let mut batch = Batch { page_load: Some(0), ..Batch::default() };
        let name = batch.strings.intern("press");
        batch.sessions = vec![Session { id: [7; 16], previous_id: None, randomness: 1 }];
        let event = |number| Event {
            number,
            name,
            session: Some(0),
            start_ns: 1_700_000_000_000_000_000 + number * 1_000_000,
            ..Event::default()
        };
        batch.events = numbers.map(event).collect();
        self.seal(&batch)
    }

    /// The request that carries `batch`, sent by a device whose clock is right.
    pub(crate) fn seal(&self, batch: &Batch) -> Vec<u8> {
        let sealed = seal(batch);
        let send_time_ms = Clock::system().wall_ms();
        let head = Head {
            form: sealed.form,
            seed: self.0,
            digest: sealed.digest,
            number: 1,
            send_time_ms,
            epoch: 0,
        };
        let mut request = Vec::new();
        head.write(&mut request);
        request.extend_from_slice(&sealed.bytes);
        request
    }

    /// Span ids of these event numbers.
    pub(crate) fn span_ids(&self, numbers: std::ops::Range<u64>) -> Vec<Vec<u8>> {
        let ids = Ids::new(self.0);
        numbers.map(|number| ids.span(number).to_vec()).collect()
    }
}
