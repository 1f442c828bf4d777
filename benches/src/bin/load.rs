//! What a million spans cost the collector: CPU seconds, durable (fsync), linked, one destination.
//!
//! `cargo run --release -p benches --bin load [SPANS]`, after `cargo build --release -p weft-collector`. The
//! collector is a process of its own; its CPU time is read from /proc. The sender and the sink are here.

#![allow(clippy::disallowed_methods)] // Measures wall time and CPU time: that is what it is for.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use axum::{Router, body::Body, http::Request, routing::post};
use benches::{Failure, corpus::Corpus};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tokio::{net::TcpListener, sync::Notify};

const CONNECTIONS: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a TLS provider is there already")?;
    let spans: usize = std::env::args().nth(1).map_or(Ok(400_000), |arg| arg.parse())?;
    println!(
        "{:>6} {:>5} {:>9} {:>12} {:>10} {:>9} {:>9} {:>9}",
        "format", "batch", "spans", "CPU-s/M", "spans/s", "ack p50", "ack p99", "peak MiB"
    );
    for (format, per_request) in
        [("weft", 100), ("weft", 20), ("weft", 5), ("otlp", 100), ("otlp", 20), ("otlp", 5)]
    {
        let count = spans * per_request.min(20) / 20;
        run(format, per_request, count).await?;
    }
    Ok(())
}

struct Received {
    spans: AtomicU64,
    changed: Notify,
}

async fn run(format: &str, per_request: usize, spans: usize) -> Result<(), Failure> {
    let received = Arc::new(Received { spans: AtomicU64::new(0), changed: Notify::new() });
    let sink = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", sink.local_addr()?);
    let counted = Arc::clone(&received);
    let take = post(move |request| count(Arc::clone(&counted), request));
    tokio::spawn(axum::serve(sink, Router::new().route("/v1/traces", take)).into_future());
    let collector = Collector::start(&endpoint)?;

    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as u64;
    let mut corpus = Corpus::read()?;
    let mut make =
        || if format == "weft" { corpus.batch(per_request, now) } else { corpus.otlp(per_request) };
    let bodies: Vec<Vec<u8>> = (0..spans / per_request).map(|_| make()).collect();
    let sent = (bodies.len() * per_request) as u64;
    let url = if format == "weft" {
        format!("{}/api/telemetry?key=pk", collector.ingest)
    } else {
        format!("{}/v1/traces", collector.ingest)
    };

    let (cpu, began) = (collector.cpu()?, Instant::now());
    let mut micros = send(&url, format, bodies).await?;
    tokio::time::timeout(Duration::from_secs(120), async {
        while received.spans.load(Ordering::Relaxed) < sent {
            received.changed.notified().await;
        }
    })
    .await?;
    let (cpu, took) = (collector.cpu()? - cpu, began.elapsed());
    micros.sort_unstable();
    let at = |share: usize| micros.get(micros.len() * share / 100).copied().unwrap_or(0) as f64 / 1e3;
    let million = sent as f64 / 1e6;
    println!(
        "{format:>6} {per_request:>5} {sent:>9} {:>12.2} {:>10.0} {:>6.2} ms {:>6.2} ms {:>9}",
        cpu / million,
        sent as f64 / took.as_secs_f64(),
        at(50),
        at(99),
        collector.peak_mib()?,
    );
    Ok(())
}

async fn count(received: Arc<Received>, request: Request<Body>) -> Vec<u8> {
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
    let request = ExportTraceServiceRequest::decode(body).unwrap_or_default();
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    received.spans.fetch_add(scopes.map(|scope| scope.spans.len() as u64).sum(), Ordering::Relaxed);
    received.changed.notify_one();
    Vec::new()
}

/// Sends everything over a few connections; the time each request took, in µs.
async fn send(url: &str, format: &str, bodies: Vec<Vec<u8>>) -> Result<Vec<u64>, Failure> {
    let queue = Arc::new(std::sync::Mutex::new(bodies));
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(CONNECTIONS).build()?;
    let senders = (0..CONNECTIONS).map(|_| {
        let (queue, client, url, otlp) =
            (Arc::clone(&queue), client.clone(), url.to_owned(), format == "otlp");
        tokio::spawn(async move {
            let mut micros = Vec::new();
            loop {
                let next = queue.lock().map_or(None, |mut queue| queue.pop());
                let Some(body) = next else { return Ok(micros) };
                let request = client.post(&url).body(body);
                let request = if otlp {
                    request.bearer_auth("sk").header("content-type", "application/x-protobuf")
                } else {
                    request.header("origin", "http://shop.test").header("content-type", "text/plain")
                };
                let began = Instant::now();
                let response = request.send().await.map_err(|error| format!("{error:?}"))?;
                let status = response.status();
                let answer = response.bytes().await.map_err(|error| error.to_string())?;
                micros.push(began.elapsed().as_micros() as u64);
                if !status.is_success() {
                    return Err(format!("{status}: {}", String::from_utf8_lossy(&answer)));
                }
            }
        })
    });
    let mut all = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        all.extend(sender.await??);
    }
    Ok(all)
}

/// The collector as users run it. Killed when dropped.
struct Collector {
    process: Child,
    ingest: String,
    _data: tempfile::TempDir,
}

impl Collector {
    fn start(endpoint: &str) -> Result<Self, Failure> {
        // On the disk of the repository: /tmp may be memory, where fsync costs nothing.
        let data = tempfile::tempdir_in("target")?;
        let config = data.path().join("weft.toml");
        let text = format!(
            "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndata = {:?}\n\
             [keys.web]\nkind = \"browser\"\nkey = \"pk\"\napplication = \"shop\"\nservice = \"web\"\n\
             origins = [\"http://shop.test\"]\nrequests_per_second = 1000000\nburst = 1000000\n\
             [keys.api]\nkind = \"server\"\nkey = \"sk\"\napplication = \"shop\"\nrequests_per_second = 1000000\nburst = 1000000\n\
             [export.sink]\nendpoint = {endpoint:?}\n",
            data.path().join("data"),
        );
        fs::write(&config, text)?;
        let mut process = Command::new("target/release/weft")
            .args(["run", "--config"])
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let line = lines.next().ok_or("the collector ended: try `weft check-config`")??;
        let ingest = line.strip_prefix("weft: ingest ").ok_or("no address")?.to_owned();
        lines.next().ok_or("the collector ended")??;
        Ok(Self { process, ingest, _data: data })
    }

    /// Seconds of CPU used so far, by all threads, in user and kernel.
    fn cpu(&self) -> Result<f64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let (_, fields) = text.rsplit_once(')').ok_or("no stat")?;
        let ticks =
            fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(ticks as f64 / 100.0)
    }

    fn peak_mib(&self) -> Result<u64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = text.lines().find(|line| line.starts_with("VmHWM")).ok_or("no peak")?;
        Ok(line.split_whitespace().nth(1).ok_or("no value")?.parse::<u64>()? / 1024)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
