//! The binary: what it says, and what it ends with.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;
use weft_proto::Seed;

use crate::support::{Answer, ORIGIN, Page, Sink, client};

/// A running `weft run`, and where it listens.
struct Process {
    child: Child,
    ingest: String,
    _stdout: BufReader<ChildStdout>,
    _data: TempDir,
}

impl Process {
    fn start(sink: &Sink) -> Self {
        let data = TempDir::new().unwrap();
        let (keys, _) = weft_collector::config::TEN_LINES.split_once("[export.main]").unwrap();
        let file = data.path().join("weft.toml");
        let settings = format!(
            "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndata = {:?}\nshutdown_seconds = 1\n{keys}\n\
             [export.main]\nendpoint = {:?}\n",
            data.path(),
            sink.url,
        );
        std::fs::write(&file, settings).unwrap();
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
        Self { child, ingest, _stdout: stdout, _data: data }
    }

    async fn post(&self, batch: Vec<u8>) {
        let url = format!("{}/api/telemetry?key=pk_demo_shop", self.ingest);
        let answer = client().post(url).header("origin", ORIGIN).body(batch).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Tells it to stop; what it ended with, and what it said on stderr.
    async fn stop(mut self) -> (ExitStatus, String) {
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let ended = move || {
            let mut said = String::new();
            self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            (self.child.wait().unwrap(), said)
        };
        tokio::task::spawn_blocking(ended).await.unwrap()
    }
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
