//! The released program with a destination that takes everything and keeps nothing.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use axum::{Router, extract::Request, http::header::CONTENT_TYPE};
use http_body_util::BodyExt;
use support::collector::Addresses;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
};

/// A running `weft`.
pub(super) struct Weft {
    pub(super) to: Addresses,
    process: Child,
    directory: TempDir,
    destination: JoinHandle<()>,
}

/// Everything as by default, but for the second that roots wait instead of ten: with so many of them at once ten would need
/// more room than there is by default.
const SETTINGS: &str = "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[keys.shop-api]\nkind = \"server\"\n\
     key = \"sk_shop\"\napplication = \"shop\"\nrequests_per_second = 1000000\n[linker]\nwait_ms = 1000\n";

impl Weft {
    pub(super) async fn start(program: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
        let everything = Router::new().fallback(take);
        let destination = tokio::spawn(async move {
            axum::serve(listener, everything).await.expect("it serves");
        });
        let directory = tempfile::tempdir().expect("a temporary directory");
        let config = directory.path().join("weft.toml");
        let data = directory.path().join("spool");
        let text = format!("data = {data:?}\n{SETTINGS}[export.main]\nendpoint = \"{endpoint}\"\n");
        std::fs::write(&config, text).expect("the configuration is written");
        let mut process = Command::new(program)
            .args(["run", "--config"])
            .arg(&config)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let mut said = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        let ingest = announced(&mut said, "weft: ingest http://").await;
        let admin = announced(&mut said, "weft: admin http://").await;
        let parse = |address: String| address.parse().expect("weft announces addresses");
        Self { to: Addresses { ingest: parse(ingest), admin: parse(admin) }, process, directory, destination }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.directory.path().join("spool")
    }

    /// Bytes that the system says of it.
    pub(super) fn status(&self, what: &str) -> u64 {
        let id = self.process.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("it is said");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Tells it to stop, as an operator does; what it leaves behind.
    pub(super) async fn stop(mut self) -> TempDir {
        let id = self.process.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
        assert!(told.success());
        let ended = self.process.wait().await.expect("it ends");
        assert!(ended.success(), "weft ended with {ended}");
        self.destination.abort();
        self.directory
    }
}

/// An empty answer of OTLP is that all was taken.
async fn take(request: Request) -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    // What breaks off was not taken, and whoever sent it knows.
    let _ = request.into_body().collect().await;
    ([(CONTENT_TYPE, "application/x-protobuf")], "")
}

async fn announced(said: &mut Lines<BufReader<ChildStdout>>, what: &str) -> String {
    let line = said.next_line().await.expect("its output can be read").expect("weft keeps running");
    line.strip_prefix(what).unwrap_or_else(|| panic!("weft says `{line}`, not `{what}…`")).to_owned()
}
