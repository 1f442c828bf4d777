//! The binary: what it says, and what it ends with.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use tempfile::TempDir;
use weft_proto::Seed;

use crate::support::{Answer, ORIGIN, PATIENCE, Page, Sink, assert_balances, client};

/// A running `weft run`, and where it listens.
pub(crate) struct Process {
    child: Child,
    pub(crate) ingest: String,
    admin: String,
    _stdout: BufReader<ChildStdout>,
    data: TempDir,
}

impl Process {
    pub(crate) fn start(sink: &Sink) -> Self {
        let data = TempDir::new().unwrap();
        std::fs::write(data.path().join("weft.toml"), settings(data.path(), "", &[("main", sink)])).unwrap();
        Self::start_in(data)
    }

    /// Starts it with the settings that are there.
    pub(crate) fn start_in(data: TempDir) -> Self {
        let file = data.path().join("weft.toml");
        let mut child = Command::new(env!("CARGO_BIN_EXE_weft"))
            .args(["run", "--config"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let ingest = line.trim().strip_prefix("weft: ingest ").unwrap().to_owned();
        line.clear();
        stdout.read_line(&mut line).unwrap();
        let admin = line.trim().strip_prefix("weft: admin ").unwrap().to_owned();
        Self { child, ingest, admin, _stdout: stdout, data }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Puts other settings in place of those it was started with, and tells it.
    pub(crate) fn reload(&self, settings: &str) {
        std::fs::write(self.data().join("weft.toml"), settings).unwrap();
        self.signal("-HUP");
    }

    /// Waits until the number at `pointer` of its ledger is this.
    pub(crate) async fn ledger(&self, pointer: &str, expected: u64) {
        let reads = async { while self.number(pointer).await != expected {} };
        tokio::time::timeout(PATIENCE, reads).await.unwrap_or_else(|_| panic!("{pointer} is not {expected}"));
    }

    /// Runs `weft` with these arguments and its settings, at the ports it has.
    pub(crate) async fn weft(&self, arguments: &[&str]) -> Output {
        let at = |url: &str| url.strip_prefix("http://").unwrap().to_owned();
        let settings = std::fs::read_to_string(self.data().join("weft.toml")).unwrap();
        let settings = settings
            .replace("listen = \"127.0.0.1:0\"", &format!("listen = {:?}", at(&self.ingest)))
            .replace("admin = \"127.0.0.1:0\"", &format!("admin = {:?}", at(&self.admin)));
        let file = self.data().join("operator.toml");
        std::fs::write(&file, settings).unwrap();
        let mut weft = Command::new(env!("CARGO_BIN_EXE_weft"));
        weft.args(arguments).arg("--config").arg(&file);
        // The sink is served by this thread.
        tokio::task::spawn_blocking(move || weft.output().unwrap()).await.unwrap()
    }

    /// The most memory it has had. The kernel keeps it from counters of each processor that lag behind:
    /// a later reading may be some hundreds of KiB less.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Ends it without a warning.
    pub(crate) fn kill(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.data, TempDir::new().unwrap())
    }

    pub(crate) async fn post(&self, batch: Vec<u8>) {
        assert_eq!(self.status(batch).await, 200);
    }

    /// What posting is answered with.
    pub(crate) async fn status(&self, batch: Vec<u8>) -> u16 {
        let url = format!("{}/api/telemetry?key=pk_demo_shop", self.ingest);
        let answer = client().post(url).header("origin", ORIGIN).body(batch).send().await.unwrap();
        answer.status().as_u16()
    }

    /// Erases a session.
    pub(crate) async fn erase(&self, session: &str) {
        let url = format!("{}/api/telemetry?key=pk_demo_shop&erase={session}", self.ingest);
        let answer = client().post(url).header("origin", ORIGIN).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }

    /// Posts a span with the server key.
    pub(crate) async fn post_otlp(&self, id: u8) {
        let span = Span { trace_id: vec![id; 16], span_id: vec![id; 8], ..Span::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
        let request = client().post(format!("{}/v1/traces", self.ingest));
        let request = request.header("authorization", "Bearer sk_demo_shop");
        let request = request.header("content-type", "application/x-protobuf");
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    }

    /// A number of its ledger, now; 0 if there is none.
    pub(crate) async fn number(&self, pointer: &str) -> u64 {
        let ledger = client().get(format!("{}/api/ledger", self.admin)).send().await.unwrap();
        let ledger: serde_json::Value = serde_json::from_slice(&ledger.bytes().await.unwrap()).unwrap();
        assert_balances(&ledger);
        ledger.pointer(pointer).and_then(serde_json::Value::as_u64).unwrap_or(0)
    }

    pub(crate) async fn ready(&self) -> u16 {
        client().get(format!("{}/readyz", self.admin)).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn metrics(&self) -> String {
        client().get(format!("{}/metrics", self.admin)).send().await.unwrap().text().await.unwrap()
    }

    /// Tells it to stop; what it ended with, and what it said on stderr.
    pub(crate) async fn stop(mut self) -> (ExitStatus, String) {
        self.signal("-TERM");
        let ended = move || {
            let mut said = String::new();
            self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            (self.child.wait().unwrap(), said)
        };
        tokio::task::spawn_blocking(ended).await.unwrap()
    }
}

/// Settings with these destinations; `more` stands before the tables.
pub(crate) fn settings(data: &Path, more: &str, destinations: &[(&str, &Sink)]) -> String {
    let (keys, _) = weft_collector::config::TEN_LINES.split_once("[export.main]").unwrap();
    let mut text = format!(
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndata = {data:?}\nshutdown_seconds = 1\n{more}\n{keys}"
    );
    for (name, sink) in destinations {
        text.push_str(&format!("\n[export.{name}]\nendpoint = {:?}\n", sink.url));
    }
    text
}

#[tokio::test]
async fn a_collector_that_delivered_everything_ends_with_success() {
    let sink = Sink::start(&[]).await;
    let process = Process::start(&sink);
    process.post(Page(Seed([1; 16])).batch(0..5)).await;
    sink.spans(5).await;
    let (status, said) = process.stop().await;
    assert!(status.success(), "{said}");
}

#[tokio::test]
async fn a_collector_that_missed_its_deadline_ends_with_failure_and_says_what_is_left() {
    let silent = Sink::start(&[Answer::Silence]).await;
    let process = Process::start(&silent);
    process.post(Page(Seed([1; 16])).batch(0..5)).await;
    silent.requests(1).await;
    let (status, said) = process.stop().await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("destination=\"main\" events=5"), "{said}");
    assert!(said.contains("shutdown_seconds"), "{said}");
}

impl Drop for Process {
    /// Ends it where a test did not. Fails where it has ended already.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
