//! The real program, as an operator runs it, and as a power cut ends it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
};

use super::{Addresses, Setting};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running `weft`.
pub struct CollectorProcess {
    addresses: Addresses,
    process: Child,
    data: TempDir,
}

impl CollectorProcess {
    /// Starts it with a fresh spool.
    pub async fn start(setting: &Setting) -> Self {
        Self::start_with_data(setting, tempfile::tempdir().expect("a temporary directory")).await
    }

    /// Starts it on what another left behind.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with_data(setting: &Setting, data: TempDir) -> Self {
        let mut process = spawn(setting, &data).await;
        let stdout = process.stdout.take().expect("stdout is piped");
        let mut stdout = BufReader::new(stdout).lines();
        let ingest = announced(&mut stdout, "weft: ingest http://").await;
        let admin = announced(&mut stdout, "weft: admin http://").await;
        let parse = |address: String| address.parse().expect("weft announces addresses");
        Self { addresses: Addresses { ingest: parse(ingest), admin: parse(admin) }, process, data }
    }

    /// Starts one that is to refuse, and waits for its end.
    ///
    /// # Panics
    /// If it runs.
    pub async fn refuse_to_start(setting: &Setting) -> Ended {
        let data = tempfile::tempdir().expect("a temporary directory");
        let log = data.path().join("weft.err");
        let process = spawn(&Setting { log: Some(log.clone()), ..setting.clone() }, &data).await;
        Ended::of(process, Some(log)).await
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The most memory it ever had, in bytes.
    ///
    /// # Panics
    /// If it does not run any more.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        let id = self.process.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it has a peak");
        let kib: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024
    }

    /// Ends it without a warning; what it leaves behind.
    pub async fn kill(mut self) -> TempDir {
        self.process.kill().await.expect("it was running");
        self.data
    }

    /// Tells it to stop, as an operator does, and waits; how it ended and what it leaves behind.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn stop(self) -> (Ended, TempDir) {
        let id = self.process.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
        assert!(told.success());
        (Ended::of(self.process, None).await, self.data)
    }
}

/// How a collector ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Whether it calls that a success.
    pub success: bool,
    /// What it said on stderr, where that was kept.
    pub said: String,
}

impl Ended {
    async fn of(mut process: Child, log: Option<PathBuf>) -> Self {
        let ended = tokio::time::timeout(PATIENCE, process.wait()).await.expect("it ends in time");
        let said = log.map(|log| std::fs::read_to_string(log).expect("its log can be read"));
        Self { success: ended.expect("it ends").success(), said: said.unwrap_or_default() }
    }
}

async fn spawn(setting: &Setting, data: &TempDir) -> Child {
    let config = data.path().join("weft.toml");
    std::fs::write(&config, setting.toml(&data.path().join("spool"))).expect("the configuration is written");
    let stderr = setting.log.as_ref().map_or_else(Stdio::inherit, |log| {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log);
        log.expect("its log can be written").into()
    });
    Command::new(program().await)
        .args(["run", "--config"])
        .arg(&config)
        .stdout(Stdio::piped())
        .stderr(stderr)
        .kill_on_drop(true)
        .spawn()
        .expect("weft starts")
}

async fn announced(stdout: &mut Lines<BufReader<ChildStdout>>, what: &str) -> String {
    let line = tokio::time::timeout(PATIENCE, stdout.next_line()).await.expect("weft starts in time");
    let line = line.expect("its output can be read").expect("weft keeps running");
    line.strip_prefix(what).unwrap_or_else(|| panic!("weft says `{line}`, not `{what}…`")).to_owned()
}

/// The program, built from what is here now, without what only tests may have.
async fn program() -> &'static Path {
    static PROGRAM: OnceCell<PathBuf> = OnceCell::const_new();
    PROGRAM.get_or_init(build).await
}

/// What cargo tells this test about its package; a build script that looks at them would be run again.
const OF_THIS_PACKAGE: [&str; 9] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

async fn build() -> PathBuf {
    let mut cargo = Command::new("cargo");
    OF_THIS_PACKAGE.iter().for_each(|name| _ = cargo.env_remove(name));
    let built = cargo
        .args(["build", "--quiet", "--package", "weft-collector", "--bin", "weft", "--message-format=json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("cargo starts");
    assert!(built.status.success(), "weft cannot be built");
    let text = String::from_utf8_lossy(&built.stdout);
    let executable = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let executable =
        executable.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    executable.expect("cargo says where the program is")
}
