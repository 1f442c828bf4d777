//! A collector in this process, a page that posts to it and a sink it exports to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    },
    trace::v1::Span,
};
use prost::Message;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use weft_collector::{Listeners, clock::Clock, config::Config, run, shutdown::Drained};
use weft_proto::{Ack, Batch, Event, Head, Ids, Seed, Session, seal};

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

    /// Starts one on what another left behind.
    pub(crate) async fn start_in(data: TempDir, sinks: &[&Sink], more: &str) -> Self {
        let mut text =
            format!("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndata = {:?}\n{more}\n", data.path());
        let (keys, _) = weft_collector::config::TEN_LINES.split_once("[export.main]").unwrap();
        text.push_str(keys);
        for (name, sink) in ["a", "b"].iter().zip(sinks) {
            text.push_str(&format!("[export.{name}]\nendpoint = \"{}\"\nfrom = \"oldest\"\n", sink.url));
        }
        let config = Config::from_toml(&text).unwrap();
        let listeners = Listeners::bind(&config).await.unwrap();
        let (ingest, admin) = listeners.addresses().unwrap();
        let stop = CancellationToken::new();
        let running = run(config, listeners, Clock::system(), stop.clone());
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
            let came = ["recovered", "accepted", "made_here"].map(|from| number(fates, from));
            let went = ["delivered", "rejected_by_destination", "pending"].map(|fate| number(fates, fate));
            let went = went.iter().sum::<u64>() + sum(&fates["dropped"]);
            assert_eq!(came.iter().sum::<u64>(), went, "{key} at {name}: {page:#}");
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

/// A destination that answers as told, and with success when nothing is left to tell.
pub(crate) struct Sink {
    pub(crate) url: String,
    state: Arc<SinkState>,
}

struct SinkState {
    answers: Mutex<VecDeque<Answer>>,
    offender: Option<(Vec<u8>, u16)>,
    others: watch::Sender<Vec<(String, Bytes)>>,
    taken: watch::Sender<Vec<Span>>,
    requests: watch::Sender<usize>,
}

/// What a sink says.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16, Option<&'static str>),
    Partial(i64),
    /// Nothing at all, ever.
    Silence,
}

impl Sink {
    /// One that will give these answers first.
    pub(crate) async fn start(answers: &[Answer]) -> Self {
        Self::serve(answers, None).await
    }

    /// One that refuses every request with the span of this id in it, with this status.
    pub(crate) async fn picky(offender: Vec<u8>, status: u16) -> Self {
        Self::serve(&[], Some((offender, status))).await
    }

    /// Spans so far.
    pub(crate) fn came(&self) -> usize {
        self.state.taken.borrow().len()
    }

    /// Requests so far, whatever was answered.
    pub(crate) fn asked(&self) -> usize {
        *self.state.requests.borrow()
    }

    /// What came to `/v1/logs` and `/v1/metrics` so far: the path and the body.
    pub(crate) async fn others(&self, count: usize) -> Vec<(String, Bytes)> {
        let mut others = self.state.others.subscribe();
        let found = tokio::time::timeout(PATIENCE, others.wait_for(|came| came.len() >= count)).await;
        found.unwrap().unwrap().clone()
    }

    async fn serve(answers: &[Answer], offender: Option<(Vec<u8>, u16)>) -> Self {
        let state = Arc::new(SinkState {
            answers: Mutex::new(answers.to_vec().into()),
            offender,
            others: watch::Sender::new(Vec::new()),
            taken: watch::Sender::new(Vec::new()),
            requests: watch::Sender::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/traces", post(take))
            .route("/v1/{signal}", post(take_other))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// Waits for so many spans, and gives them in the order of their arrival.
    pub(crate) async fn spans(&self, count: usize) -> Vec<Span> {
        let mut taken = self.state.taken.subscribe();
        let found = tokio::time::timeout(PATIENCE, taken.wait_for(|spans| spans.len() >= count)).await;
        let Ok(found) = found else { panic!("{count} spans, but {} came", self.state.taken.borrow().len()) };
        found.unwrap().clone()
    }

    /// Waits for so many requests, whatever was answered.
    pub(crate) async fn requests(&self, count: usize) {
        let mut requests = self.state.requests.subscribe();
        tokio::time::timeout(PATIENCE, requests.wait_for(|seen| *seen >= count)).await.unwrap().unwrap();
    }
}

async fn take(State(sink): State<Arc<SinkState>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    sink.requests.send_modify(|seen| *seen += 1);
    if let Some((offender, status)) = &sink.offender {
        let mut spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        if spans.any(|scope| scope.spans.iter().any(|span| span.span_id == *offender)) {
            return (StatusCode::from_u16(*status).unwrap(), "I do not want this one").into_response();
        }
    }
    let answer = sink.answers.lock().unwrap().pop_front();
    match answer {
        Some(Answer::Silence) => std::future::pending().await,
        Some(Answer::Status(status, after)) => {
            let after: Vec<_> = after.into_iter().map(|value| ("retry-after", value)).collect();
            let mut response = (StatusCode::from_u16(status).unwrap(), "as I was told").into_response();
            after.into_iter().for_each(|(name, value)| {
                response.headers_mut().insert(name, value.parse().unwrap());
            });
            response
        }
        Some(Answer::Partial(rejected_spans)) => {
            let partial = ExportTracePartialSuccess { rejected_spans, error_message: "some".to_owned() };
            sink.keep(request);
            ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec().into_response()
        }
        None => {
            sink.keep(request);
            ExportTraceServiceResponse::default().encode_to_vec().into_response()
        }
    }
}

async fn take_other(State(sink): State<Arc<SinkState>>, path: axum::http::Uri, body: Bytes) -> Response {
    sink.others.send_modify(|others| others.push((path.path().to_owned(), body)));
    Vec::new().into_response()
}

impl SinkState {
    fn keep(&self, request: ExportTraceServiceRequest) {
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.taken.send_modify(|taken| taken.extend(scopes.flat_map(|scope| scope.spans)));
    }
}
